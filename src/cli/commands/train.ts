import { join } from 'node:path'
import { UsageError } from '../../base/index.ts'
import { datasetNames } from '../../data/index.ts'
import { protocolText, withProtocol } from '../../experiments/index.ts'
import { type DefaultBackendOptions, defaultBackend, mpiRanks, threadsOfRank } from '../../hosts/node/index.ts'
import { models } from '../../models/index.ts'
import {
  backendOptions,
  flagOf,
  kernelsOf,
  kernelsOfRun,
  mayChange,
  openImages,
  type RunCommand,
  readRunCommand,
  runName,
  runTraining,
  trainSchema,
} from '../../runs/index.ts'
import type { Ranks } from '../../train/index.ts'
import { defineCommand, type Invocation } from '../command.ts'
import { stoppable } from '../interruption.ts'
import { kernelsText } from '../kernels-text.ts'
import { createProgress } from '../progress.ts'
import { runText } from '../run-text.ts'
import { type ExitCode, exitCodes, type Surroundings } from '../surroundings.ts'

type TrainInvocation = Invocation<typeof trainSchema>

/** Trains one network and keeps the run in a folder. */
export const trainCommand = defineCommand({
  name: 'train',
  usage: '[dataset]',
  summary: 'Trains a network, and keeps the run in a folder that can be resumed',
  schema: trainSchema,
  notes: [`Data sets: ${datasetNames.join(', ')}.`, `Networks: ${Object.keys(models).join(', ')}.`],
  examples: [
    'train fashion-mnist --model snn5 --neuron clif --T 4 --epochs 3',
    'train cifar10 --data ./cifar10 --protocol clif-2024',
    'train --resume runs/NAME',
  ],
  async run(invocation) {
    const ranks = ranksOf(invocation)
    const { command, folder, resume, kernels } = sharedBy(ranks, await planOf(invocation, ranks))
    const surroundings = ranks && ranks.rank > 0 ? quiet(invocation.surroundings) : invocation.surroundings
    const { dataset, options } = command
    const progress = createProgress(surroundings)
    const datasets = await openImages(dataset, options, { progress, env: surroundings.env })
    for (const note of datasets.notes) progress.line(`${dataset}: ${note}`)
    const threads = options.threads ?? (ranks ? threadsOfRank(surroundings.env) : undefined)
    const backend = await defaultBackend({ ...backendOptions({ ...options, threads }), kernels })
    try {
      const { result, summary } = await stoppable(surroundings, progress, (stop) =>
        runTraining(
          { ...command, folder, resume, datasets, backend, ranks, label: options.neuron },
          { surroundings, progress, stop },
        ),
      )
      if (invocation.options.explainKernels) surroundings.write(`${kernelsText(result.kernels)}\n`)
      if (result.stopped) return stoppedRun(surroundings.writeError, folder)
      if (!summary) return exitCodes.done
      surroundings.write(runText(summary, result, folder))
      return exitCodes.done
    } finally {
      await backend.close()
    }
  },
})

/** The ranks of the job that this process is part of, ended with the process; null where it trains alone. */
function ranksOf({ options, surroundings }: TrainInvocation): Ranks | null {
  if (options.distributed === 'none') return null
  const ranks = mpiRanks(surroundings.env, options.distributed === 'mpi')
  if (ranks) surroundings.onExit((code) => ranks.close(code === exitCodes.failed || code === exitCodes.usage))
  return ranks
}

/** What rank 0 plans, on all ranks: these need not see the folder of the run. */
function sharedBy(ranks: Ranks | null, plan: Plan | undefined): Plan {
  if (!ranks) return plan as Plan
  const bytes = ranks.broadcast(plan && new TextEncoder().encode(JSON.stringify(plan)))
  return JSON.parse(new TextDecoder().decode(bytes))
}

/** One voice is enough. */
function quiet(surroundings: Surroundings): Surroundings {
  return { ...surroundings, write: () => {}, writeError: () => {} }
}

function stoppedRun(write: (text: string) => void, folder: string): ExitCode {
  write(`stopped, and saved. To go on:\n  npx spikelet train --resume ${folder}\n`)
  return exitCodes.interrupted
}

interface Plan {
  readonly command: RunCommand
  readonly folder: string
  readonly resume: boolean
  readonly kernels: NonNullable<DefaultBackendOptions['kernels']>
}

/** What is to be trained, and where it is kept. Ranks but the first leave that to rank 0. */
async function planOf(invocation: TrainInvocation, ranks: Ranks | null): Promise<Plan | undefined> {
  if (ranks && ranks.rank > 0) return undefined
  const { options: all, positional, given, surroundings } = invocation
  const { resume, config: _, name, kernels: choice, explainKernels: __, ...options } = all
  const [dataset] = positional
  const kernels = (resume ? await kernelsOfRun(resume) : undefined) ?? (await kernelsOf(choice))
  if (resume !== undefined) return { command: await resumed(resume, invocation), folder: resume, resume: true, kernels }
  if (dataset === undefined) {
    throw new UsageError({
      what: 'the data set is missing',
      expected: `spikelet train DATASET, of ${datasetNames.join(', ')}`,
      next: 'Or go on with a run: spikelet train --resume runs/NAME',
    })
  }
  const effective = withProtocol(options, given, dataset)
  const protocol = protocolText(options, given, dataset)
  if (protocol !== '') surroundings.writeError(`${protocol}\n`)
  const folder = join(options.out, name ?? runName(dataset, effective, surroundings.clock()))
  return { command: { dataset, options: effective }, folder, resume: false, kernels }
}

/** Options of `train` that are none of the run itself. */
const ofThisCall = ['resume', 'config', 'kernels', 'explainKernels', 'out', 'name']

async function resumed(folder: string, { options, given, positional }: TrainInvocation): Promise<RunCommand> {
  const recorded = await readRunCommand(folder)
  const before = recorded.options as unknown as { readonly [name: string]: unknown }
  const now = options as unknown as { readonly [name: string]: unknown }
  if (positional[0] !== undefined && positional[0] !== recorded.dataset) {
    throw changed('data set', recorded.dataset, positional[0])
  }
  const own = [...given].filter((name) => !ofThisCall.includes(name))
  for (const name of own) {
    if (mayChange(name, before[name], now[name])) continue
    throw changed(flagOf(name), before[name], now[name])
  }
  return { ...recorded, options: { ...recorded.options, ...Object.fromEntries(own.map((name) => [name, now[name]])) } }
}

function changed(what: string, before: unknown, now: unknown): UsageError {
  return new UsageError({
    what: `a run that goes on cannot have another ${what}`,
    expected: JSON.stringify(before) ?? 'none',
    got: JSON.stringify(now),
    next: 'Leave it out, or start a new run.',
  })
}
