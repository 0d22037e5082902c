import { type ChildProcess, spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../base/index.ts'
import { lockHolder, runName } from '../runs/index.ts'
import { askedTraining, flagWords, type Startable } from './form.ts'
import { runFolder } from './run-folders.ts'
import { askedOfSweep } from './sweeps.ts'

/** A training or a sweep that was started here, as the page shows it. */
export interface StartedTraining {
  readonly id: string
  readonly what: Startable
  /** As a person would type it. */
  readonly command: string
  /** The last lines that it wrote. */
  readonly lines: readonly string[]
  /** Null while it goes on. */
  readonly code: number | null
  readonly ended: boolean
}

export interface TrainingsOptions {
  /** A real path. */
  readonly root: string
  /** The program and first words of the command line, such as Node and the file of `spikelet`. */
  readonly program: readonly [string, ...string[]]
  /** Seconds since 1970. */
  clock(): number
  /** Hears of what was started here, by id, when its process ends. */
  onEnd(id: string): void
}

interface Training {
  readonly id: string
  readonly what: Startable
  readonly command: string
  readonly child: ChildProcess
  text: string
  code: number | null
  ended: boolean
}

/** Characters of what a training writes that are kept. */
const keptText = 6000

/** Trainings that are remembered after their end. */
const mostEnded = 20

/** Starts, stops and resumes runs: each a process of the command line, so that its folder is like any other. */
export class Trainings {
  private readonly options: TrainingsOptions
  private started: Training[] = []
  /** Processes that were asked to stop: a second signal would end them without saving. */
  private readonly asked = new Set<number>()

  constructor(options: TrainingsOptions) {
    this.options = options
  }

  all(): StartedTraining[] {
    return this.started.map(({ id, what, command, text, code, ended }) => {
      return { id, what, command, lines: text.split('\n').filter((line) => line.trim() !== ''), code, ended }
    })
  }

  /** @returns the id of the run. @throws UsageError for what the option table does not know */
  async start(asked: { readonly [name: string]: unknown }): Promise<string> {
    const { dataset, options } = askedTraining(asked)
    const { name, ...others } = options
    const { model = 'snn5', neuron = 'clif' } = others
    const wanted = runName(dataset, { model: String(model), neuron: String(neuron) }, this.options.clock())
    const id = await this.freeName(typeof name === 'string' ? name : undefined, wanted)
    this.spawn(id, ['train', dataset, ...flagWords(others), ...this.placeWords(id)])
    return id
  }

  /** @returns the name of the sweep. @throws UsageError for what the option table does not know */
  async startSweep(asked: { readonly [name: string]: unknown }): Promise<string> {
    const { dataset, options } = askedTraining(asked, 'sweep')
    const { name, ...others } = options
    const neurons = Array.isArray(others.neurons) ? others.neurons.join('-') : 'lif-clif'
    const wanted = `sweep-${runName(dataset, { model: String(others.model ?? 'snn5'), neuron: neurons }, this.options.clock())}`
    const id = await this.freeName(typeof name === 'string' ? name : undefined, wanted)
    this.spawn(id, ['sweep', dataset, ...flagWords(others, 'sweep'), ...this.placeWords(id)], 'sweep')
    return id
  }

  /** Goes on with a sweep, whoever began it. */
  async resumeSweep(id: unknown): Promise<void> {
    const { root, clock } = this.options
    const { name, folders, asked } = await askedOfSweep(root, id)
    const holders = await Promise.all(folders.map((folder) => lockHolder(folder, clock())))
    if (this.goingNamed(name) || holders.some((holder) => holder !== null)) {
      throw new UsageError({ what: 'a process works on this sweep already', place: name })
    }
    const { dataset, options } = askedTraining(asked, 'sweep')
    this.spawn(name, ['sweep', dataset, ...flagWords(options, 'sweep'), ...this.placeWords(name)], 'sweep')
  }

  /** @param epochs more of them than there were; default: as many as it was begun with */
  async resume(id: unknown, epochs: unknown): Promise<void> {
    const folder = await runFolder(this.options.root, id)
    if (await lockHolder(folder, this.options.clock())) {
      throw new UsageError({ what: 'a process works on this run already', place: String(id) })
    }
    if (epochs !== undefined && !(Number.isInteger(epochs) && (epochs as number) > 0)) {
      throw new UsageError({ what: 'epochs are a whole number, 1 or more', got: JSON.stringify(epochs) })
    }
    this.spawn(String(id), ['train', `--resume=${folder}`, ...(epochs === undefined ? [] : [`--epochs=${epochs}`])])
  }

  /** Asks the process that works on a run, whoever started it, or on a sweep to save and stop. */
  async stop(id: unknown): Promise<void> {
    const own = this.goingNamed(id)
    if (own?.what === 'sweep' && own.child.pid !== undefined) return this.askToStop(own.child.pid)
    const folder = await runFolder(this.options.root, id)
    const holder = await lockHolder(folder, this.options.clock())
    if (!holder) throw new UsageError({ what: 'nothing works on this run', place: String(id) })
    if (holder.pid === null) {
      throw new UsageError({
        what: 'this run is trained on another machine, or in another container',
        place: String(id),
        next: 'Stop it there.',
      })
    }
    if (holder.pid === process.pid) throw new UsageError({ what: 'this run belongs to the studio itself' })
    this.askToStop(holder.pid)
  }

  /** Asks all that were started here to save and stop, and waits for them. */
  async close(): Promise<void> {
    const going = this.started.filter(({ ended }) => !ended)
    await Promise.all(
      going.map(({ child }) => {
        const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
        if (child.pid !== undefined) this.askToStop(child.pid)
        return gone
      }),
    )
  }

  /** How many go on. */
  get going(): number {
    return this.started.filter(({ ended }) => !ended).length
  }

  private askToStop(pid: number): void {
    if (this.asked.has(pid)) return
    this.asked.add(pid)
    try {
      process.kill(pid, 'SIGTERM')
    } catch {
      // It ended by itself in the meantime.
    }
  }

  private spawn(id: string, words: readonly string[], what: Startable = 'training'): void {
    const [program, ...first] = this.options.program
    // In a group of its own: Ctrl-C in the studio's terminal reaches it once, from here.
    const child = spawn(program, [...first, ...words], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    const command = ['npx spikelet', ...words.map(quoted)].join(' ')
    const training: Training = { id, what, command, child, text: '', code: null, ended: false }
    const hear = (bytes: Buffer) => {
      training.text = (training.text + bytes.toString()).slice(-keptText)
    }
    child.stdout?.on('data', hear)
    child.stderr?.on('data', hear)
    child.on('error', (error) => {
      training.text += `${error.message}\n`
      training.ended = true
      this.options.onEnd(id)
    })
    child.on('close', (code) => {
      training.code = code
      training.ended = true
      // Its number may be given to another process.
      if (child.pid !== undefined) this.asked.delete(child.pid)
      this.options.onEnd(id)
    })
    const ended = this.started.filter((one) => one.ended).slice(-mostEnded)
    this.started = [...this.started.filter((one) => !one.ended || ended.includes(one)), training]
  }

  private placeWords(name: string): string[] {
    return [`--out=${this.options.root}`, `--name=${name}`]
  }

  private goingNamed(id: unknown): Training | undefined {
    return this.started.find((one) => one.id === id && !one.ended)
  }

  /** @param otherwise a name for what nobody named, with a number behind where it is taken */
  private async freeName(given: string | undefined, otherwise: string): Promise<string> {
    const wanted = given ?? otherwise
    for (let i = 1; ; i++) {
      const name = i === 1 ? wanted : `${wanted}-${i}`
      const taken = this.goingNamed(name) !== undefined || (await exists(join(this.options.root, name)))
      if (!taken) return name
      if (given !== undefined) throw new UsageError({ what: 'there is a run of this name already', got: given })
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function quoted(word: string): string {
  return /^[\w./,+=:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
