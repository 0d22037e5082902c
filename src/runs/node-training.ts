import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UsageError } from '../base/index.ts'
import {
  type Hosted,
  hosted,
  type RunChoice,
  type RunKeeper,
  type RunNames,
  type Surroundings,
} from '../hosts/index.ts'
import { defaultBackend, mpiRanks, threadsOfRank } from '../hosts/node/index.ts'
import type { Network } from '../nn/index.ts'
import { MemoryRunStore, type Ranks, type RunStore, settingsOf } from '../train/index.ts'
import { finishRun } from './finish.ts'
import { type RunCommand, readRunCommand, runName, writeRunCommand } from './folder.ts'
import { commandOfProgram, programText } from './program-run.ts'
import { repeatText } from './repeat.ts'
import { runFiles } from './run-files.ts'
import { openNodeRunStore } from './run-store.ts'
import { pause } from './trainer-options.ts'

async function openStore({ run, resume }: RunChoice, names: RunNames): Promise<RunStore> {
  if (run === false) return new MemoryRunStore()
  if (resume && run === undefined) {
    throw new UsageError({ what: 'train: which run shall be resumed?', expected: 'its folder, as `run`', got: 'none' })
  }
  const folder = resume ? (run as string) : await freeFolder(run, names)
  return openNodeRunStore(folder, { mode: resume ? 'resume' : 'new', clock: seconds })
}

/** The folder that was asked for, or the first of `<folder>-002` and so on that is free: a program can be run again. */
async function freeFolder(run: string | undefined, names: RunNames): Promise<string> {
  const folder = run ?? join('runs', runName(names.dataset, names, seconds()))
  const nth = (n: number) => (n === 1 ? folder : `${folder}-${String(n).padStart(3, '0')}`)
  let n = 1
  while (existsSync(join(nth(n), runFiles.config))) n++
  if (n > 1) log(`${folder} holds a run already: this one goes to ${nth(n)}`)
  return nth(n)
}

function seconds(): number {
  return Date.now() / 1000
}

/** A program's run leaves what `spikelet train` leaves. */
const keeper: RunKeeper = {
  async begun({ network, datasets, options }, config) {
    const { place: folder } = options.store
    if (options.store instanceof MemoryRunStore) return
    const before = options.resume ? await commandIfThere(folder) : undefined
    const command = before
      ? { ...before, options: { ...before.options, epochs: options.epochs } }
      : await commandOfProgram(config, network, datasets, options)
    await writeRunCommand(folder, command)
  },
  async done({ network, datasets, options }, result) {
    const { place: folder } = options.store
    if (options.store instanceof MemoryRunStore) return
    const command = await readRunCommand(folder)
    const { T, seed, transforms } = settingsOf(options, datasets)
    const run = {
      folder,
      dataset: command.dataset,
      neuron: command.program ? neuronName(network) : command.options.neuron,
      command: command.program ? programText(command, network) : repeatText(command),
      datasets,
      T,
      seed,
      transforms: transforms.evaluation,
    }
    await finishRun(run, result)
  },
}

/** Of a run that goes on; runs of programs of version 0.1 left no command. */
async function commandIfThere(folder: string): Promise<RunCommand | undefined> {
  return existsSync(join(folder, runFiles.command)) ? readRunCommand(folder) : undefined
}

/** What tables call the neuron of a network. */
function neuronName({ neuron, neurons }: Network): string {
  return neuron?.name ?? (neurons.size > 0 ? 'several' : 'none')
}

/** The ranks of this process's job, found once: MPI starts and ends with the process. */
function ranksOnce(): NonNullable<Surroundings['ranks']> {
  let found: Ranks | null = null
  return (distributed) => {
    if (!found) {
      found = mpiRanks(process.env, distributed === 'mpi')
      if (found) process.once('exit', (code) => found?.close(code !== 0))
    }
    return found && { ranks: found, threads: threadsOfRank(process.env) }
  }
}

/** Training in Node: all threads, a folder under runs/ for each run, lines to standard error. */
export const nodeTraining: Hosted = hosted({
  host: { clock: () => performance.now() / 1000, pause },
  createBackend: ({ backend, threads }) =>
    defaultBackend({
      ...(typeof backend === 'string' ? { backend } : {}),
      ...(threads === undefined ? {} : { threads }),
    }),
  openStore,
  memoryBudget: 2 ** 32,
  ranks: ranksOnce(),
  log,
  keeper,
})

function log(line: string): void {
  console.error(line)
}
