import { createInterpreter } from '../../backends/index.ts'
import { ShapeError, sizeOf } from '../../base/index.ts'
import { tensorOf } from '../../tensor/index.ts'
import type { NirGraph } from './graph.ts'
import { type NirInOptions, networkFromNir } from './network-in.ts'
import type { NirFiring, NirReset, NirStart } from './neurons-in.ts'

/** One way to read what a NIR graph leaves open, or what a library reads otherwise than NIR says. */
export interface NirReading {
  readonly reset: Exclude<NirReset, 'node'>
  readonly fires: NirFiring
  readonly start: NirStart
}

/** What a graph did, read in one way. */
export interface ReadingRun {
  readonly reading: NirReading
  /** Layers of neurons in the order in which they are computed. */
  readonly layers: readonly {
    readonly path: string
    /** Values of a step. */
    readonly size: number
    /** [T, size] */
    readonly output: Float64Array
  }[]
  /** Spikes of all layers. */
  readonly spikes: number
  /** Where it first differs from what it is compared with; null: nowhere. */
  readonly differs: { readonly step: number; readonly layer: string; readonly neuron: number } | null
}

/** Every combination: resets, firing, starts. The first is what NIR says. */
export const nirReadings: readonly NirReading[] = (['hard', 'soft', 'late'] as const).flatMap((reset) =>
  (['above', 'at'] as const).flatMap((fires) =>
    (['rest', 'zero'] as const).map((start): NirReading => ({ reset, fires, start })),
  ),
)

/** A reading in words. */
export function readingText({ reset, fires, start }: NirReading): string {
  return `${reset} reset, fires ${fires} the threshold, starts at ${start}`
}

/** Where a run first differs, in words. */
export function differenceText(differs: ReadingRun['differs']): string {
  return differs ? `step ${differs.step}, layer ${differs.layer}, neuron ${differs.neuron}` : 'nowhere'
}

export interface CompareReadingsOptions extends Pick<NirInOptions, 'dt' | 'file'> {
  /** [T, ...the graph's frame in our order: H, W, C, or N] */
  readonly x: ArrayLike<number>
  readonly T: number
  /** Output of the last layer of neurons as another program computed it, [T, its size]. */
  readonly expected?: ArrayLike<number>
}

/**
 * Runs a graph in float64 in every reading, and names the first step, layer and neuron at which each differs from what another
 * program computed, or, without that, from the first reading.
 * @throws ShapeError where the input does not fit; FormatError where the graph cannot be carried over
 */
export async function compareReadings(graph: NirGraph, options: CompareReadingsOptions): Promise<ReadingRun[]> {
  const runs: Omit<ReadingRun, 'differs'>[] = []
  for (const reading of nirReadings) runs.push(await runReading(graph, reading, options))
  const { expected, T } = options
  const last = runs[0].layers.at(-1)
  if (expected && last && expected.length !== T * last.size) {
    throw new ShapeError({
      what: 'the spikes to compare with do not fit the last layer of neurons',
      expected: `${T} steps of ${last.size} values`,
      got: `${expected.length} values`,
    })
  }
  return runs.map((run) => ({
    ...run,
    differs: expected
      ? firstDifference(run.layers.slice(-1), [expected], T)
      : firstDifference(
          run.layers,
          runs[0].layers.map(({ output }) => output),
          T,
        ),
  }))
}

async function runReading(
  graph: NirGraph,
  reading: NirReading,
  { x, T, dt, file }: CompareReadingsOptions,
): Promise<Omit<ReadingRun, 'differs'>> {
  const { network } = networkFromNir(graph, { dt, ...reading, ...(file === undefined ? {} : { file }) })
  const frame = sizeOf(network.input)
  if (x.length !== T * frame) {
    throw new ShapeError({
      what: "the input does not fit the graph's",
      expected: `${T} steps of ${network.input.join(' x ')}`,
      got: `${x.length} values`,
    })
  }
  const backend = createInterpreter()
  await network.place(backend)
  const reads: Promise<ReadingRun['layers'][number]>[] = []
  const input = tensorOf(backend, [T, 1, ...network.input], Float64Array.from(x))
  network.forward(input, {
    ...{ backend, tape: null, training: false, T, key: 0 },
    observe: (path, { handle, shape }) => {
      const read = backend.read(handle)
      reads.push(read.then((values) => ({ path, size: sizeOf(shape.slice(1)), output: Float64Array.from(values) })))
    },
  })
  const layers = await Promise.all(reads)
  network.unplace()
  await backend.close()
  const spikes = layers.reduce((sum, { output }) => sum + output.reduce((a, b) => a + (b === 1 ? 1 : 0), 0), 0)
  return { reading, layers, spikes }
}

/** By step first, then by layer: a difference makes others in later layers and steps. */
function firstDifference(
  layers: ReadingRun['layers'],
  others: readonly ArrayLike<number>[],
  T: number,
): ReadingRun['differs'] {
  for (let step = 0; step < T; step++) {
    for (const [k, { path, size, output }] of layers.entries()) {
      for (let neuron = 0; neuron < size; neuron++) {
        if (output[step * size + neuron] !== others[k][step * size + neuron]) return { step, layer: path, neuron }
      }
    }
  }
  return null
}
