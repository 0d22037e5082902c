import { neuronInput } from '../../analysis/index.ts'
import { type Shape, sizeOf, UsageError } from '../../base/index.ts'
import { readNpy } from '../../formats/index.ts'
import {
  type ArraySample,
  compareReadings,
  differenceText,
  type NirGraph,
  type ReadingRun,
  readingText,
  sampleOf,
} from '../../interop/index.ts'
import type { Network } from '../../nn/index.ts'
import { readNamed } from '../../runs/index.ts'
import { tableText } from '../table.ts'

/** What a graph is run with in every reading. */
export interface ReadingsAsked {
  /** A file of numbers (.npy), or an input such as `poisson:0.3`. */
  readonly input: string
  /** A file with the spikes of the last neurons as another program computed them. */
  readonly spikes: string | undefined
  /** Which sample of these files. */
  readonly sample: number
  /** Steps; undefined: all of the file. */
  readonly T: number | undefined
  /** Steps of an input that has none of its own. */
  readonly otherwiseT: number
  readonly dt: number
  readonly file: string
}

/** Runs a graph in every reading, and tells where each first parts from the first, or from what another program computed. */
export async function readingsText(graph: NirGraph, network: Network, asked: ReadingsAsked): Promise<string> {
  const { input, spikes, sample, dt, file } = asked
  const { T, values: x } = await inputOf(network.input, asked)
  const last = network.rows.findLast(({ neurons }) => neurons > 0)
  if (!last) throw new UsageError({ what: 'this graph has no neurons, and so no readings to compare', place: file })
  const size = sizeOf(last.output.shape)
  const theirs = spikes === undefined ? undefined : await arrayOf(spikes, last.output.shape, sample)
  const expected = theirs && { expected: theirs.values.subarray(0, T * size) }
  const runs = await compareReadings(graph, { x, T, dt, file, ...expected })
  const rows = runs.map(({ reading, spikes: count, differs }) => {
    return [readingText(reading), String(count), differenceText(differs)]
  })
  const table = tableText(
    ['reading', 'spikes', `first differs from the ${spikes === undefined ? 'first reading' : 'file'}`],
    rows,
  )
  return `${T} steps of ${dt}, input ${input}\n${table}${spikes === undefined ? '' : `\n${verdict(runs, spikes)}`}`
}

/** Which readings give another program's spikes, or, if none does, which goes with them longest. */
function verdict(runs: readonly ReadingRun[], spikes: string): string {
  const equal = runs.filter(({ differs }) => differs === null).map(({ reading }) => readingText(reading))
  if (equal.length > 0) return ['These readings give the spikes of the file:', ...equal].join('\n  ')
  const [longest] = [...runs].sort((a, b) => (b.differs?.step ?? 0) - (a.differs?.step ?? 0))
  return (
    `No reading gives the spikes of ${spikes}. ` +
    `Longest equal: ${readingText(longest.reading)}, until ${differenceText(longest.differs)}. Another --dt may.`
  )
}

async function inputOf(frame: Shape, { input, sample, T, otherwiseT }: ReadingsAsked): Promise<ArraySample> {
  if (!/\.npy$/i.test(input)) {
    const steps = T ?? otherwiseT
    return { T: steps, values: neuronInput(input, { T: steps, M: sizeOf(frame), seed: 1 }).x }
  }
  const all = await arrayOf(input, frame, sample)
  if (T === undefined || T === all.T) return all
  if (T < all.T) return { T, values: all.values.subarray(0, T * sizeOf(frame)) }
  throw new UsageError({
    what: 'the input has fewer steps than are asked for',
    place: input,
    expected: `--T ${all.T} or less`,
    got: String(T),
  })
}

async function arrayOf(file: string, frame: Shape, sample: number): Promise<ArraySample> {
  return sampleOf(readNpy(await readNamed(file), file), { frame, sample, file })
}
