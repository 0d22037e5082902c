import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { UsageError } from '../base/index.ts'
import { datasetNames } from '../data/index.ts'
import { fieldsOf, flagOf, type OptionField, trainSchema, workerOn } from '../runs/index.ts'

/** Letters of what a run says that are kept. */
const keptText = 4000

/** Options that the studio gives itself, or that make no sense in it. */
const own = ['name', 'out', 'resume', 'config', 'json', 'quiet', 'explainKernels', 'distributed', 'syncBatchnorm']

/** What can be asked for: data sets, and the options of `spikelet train`. */
export function startForm(): { readonly datasets: readonly string[]; readonly fields: readonly OptionField[] } {
  return { datasets: datasetNames, fields: fieldsOf(trainSchema).filter(({ name }) => !own.includes(name)) }
}

/** Runs that were started here: each is the command line in a process of its own, and goes on when the studio ends. */
export class StartedRuns {
  private readonly folder: string
  /** The command line's program. */
  private readonly program: string
  private readonly children = new Map<string, { readonly child: ChildProcess; text: string; code: number | null }>()

  constructor(folder: string, program: string) {
    this.folder = folder
    this.program = program
  }

  /**
   * @param options by the names of configurations
   * @returns the run's name
   * @throws UsageError for a data set or an option that there is not
   */
  start(dataset: unknown, options: unknown, name: string): string {
    if (typeof dataset !== 'string' || !(datasetNames as readonly string[]).includes(dataset)) {
      throw new UsageError({
        what: 'there is no such data set',
        expected: datasetNames.join(', '),
        got: String(dataset),
      })
    }
    const words = wordsOf(options)
    this.run(name, ['train', dataset, ...words, '--out', this.folder, '--name', name])
    return name
  }

  resume(id: string): void {
    this.run(id, ['train', '--resume', join(this.folder, id)])
  }

  /** Asks a run to save and stop, whoever started it. @throws UsageError where nobody on this machine works on it */
  async stop(id: string): Promise<void> {
    const pid = await workerOn(join(this.folder, id))
    if (!pid) {
      throw new UsageError({
        what: pid === 0 ? 'this run is trained on another machine' : 'nobody works on this run',
        place: id,
        next: pid === 0 ? 'Stop it there.' : 'It can be resumed.',
      })
    }
    process.kill(pid, 'SIGTERM')
  }

  /** What runs that were started here said last, and how they ended. */
  told(): { readonly id: string; readonly text: string; readonly code: number | null }[] {
    return [...this.children].map(([id, { text, code }]) => ({ id, text, code }))
  }

  private run(id: string, words: readonly string[]): void {
    const earlier = this.children.get(id)
    if (earlier && earlier.code === null) throw new UsageError({ what: 'this run is being trained', place: id })
    const child = spawn(process.execPath, [this.program, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
    const entry = { child, text: '', code: null as number | null }
    this.children.set(id, entry)
    const hear = (part: Buffer) => {
      entry.text = (entry.text + part.toString()).slice(-keptText)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('close', (code) => {
      entry.code = code ?? 1
    })
  }
}

/** Options as words of a command line. @throws UsageError for one that there is not */
function wordsOf(options: unknown): string[] {
  if (typeof options !== 'object' || options === null) return []
  const known = new Map(startForm().fields.map((field) => [field.name, field]))
  return Object.entries(options).flatMap(([name, value]) => {
    const field = known.get(name)
    if (!field) throw new UsageError({ what: 'there is no such option', place: name })
    if (value === null || value === '' || value === false) return []
    // One word: a value that begins with - is no flag.
    return field.kind === 'flag' ? [flagOf(name)] : [`${flagOf(name)}=${String(value)}`]
  })
}
