import { join } from 'node:path'
import { energy } from '../analysis/index.ts'
import { UsageError, writeWhole } from '../base/index.ts'
import type { Datasets, Transform } from '../data/index.ts'
import { lookAt, type RunSummary, reportHtml } from '../report/index.ts'
import type { RunResult } from '../train/index.ts'
import { readUpdates } from './folder.ts'
import { writeKernels } from './kernels.ts'
import { runFiles } from './run-files.ts'
import { type Analysed, summaryOf } from './summary.ts'
import { writeSummary } from './summary-file.ts'
import { testGradients } from './test-gradients.ts'

/** What a folder's last files say of a run beside its result. */
export interface Finished {
  readonly folder: string
  readonly dataset: string
  /** What people call the neuron. */
  readonly neuron: string
  /** The command that repeats it. */
  readonly command: string
  readonly datasets: Datasets
  readonly T: number
  readonly seed: number
  /** Those of evaluation. */
  readonly transforms: readonly Transform[]
}

/**
 * Writes what comes last into a run's folder: its kernels and, where it was not stopped, verdict and report. The network
 * must still be on its backend.
 * @returns the verdict; undefined of a run that was stopped
 */
export async function finishRun(run: Finished, result: RunResult): Promise<RunSummary | undefined> {
  const summary = result.stopped ? undefined : summaryOf(run, result, await analysed(run, result))
  if (summary) {
    await writeSummary(run.folder, summary)
    await writeWhole(join(run.folder, runFiles.report), reportHtml([summary]))
  }
  await writeKernels(run.folder, result.kernels)
  return summary
}

/** What the trained network is looked at with: enough for a picture, little beside an epoch. */
const lookedAt = { images: 8, sample: 256 }

/** Gradients and energy of the trained network; nothing for one without neurons. */
async function analysed(run: Finished, { network, firingRates }: RunResult): Promise<Analysed> {
  const { T, seed, datasets, transforms } = run
  if (network.neurons.size === 0) return {}
  const gradients = await orNothing(async () => {
    if (datasets.test.targets) return undefined // its gradients are those of a loss for classes
    const { unit, about, maps } = await testGradients(network, datasets.test, { ...lookedAt, T, seed, transforms })
    const layers = maps.map(({ name, total }) => ({
      layer: name,
      size: total.size.map((row) => Array.from(row, (value) => Number(value.toPrecision(4)))),
    }))
    return { unit, about, layers }
  })
  const rates = Object.fromEntries(firingRates.map(({ layer, rate }) => [layer, rate]))
  const sequence = datasets.test.steps !== undefined
  const spent = await orNothing(async () => energy(network, { T, rates, sequence }))
  const seen = await lookAt(network, datasets.test, { T, seed, transforms, batch: 16 })
  const updates = await readUpdates(run.folder)
  return { ...(gradients ? { gradients } : {}), ...(spent ? { energy: spent } : {}), ...seen, updates }
}

/** A picture that a network has none of, say of gradients through feedback, is left out: its run counts all the same. */
async function orNothing<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}
