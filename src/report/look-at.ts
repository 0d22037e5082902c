import { type Raster, rasterOf, recordLayers } from '../analysis/index.ts'
import { UsageError } from '../base/index.ts'
import { type Dataset, imageSample, Loader, type Transform } from '../data/index.ts'
import { predictions, summedLogits } from '../losses/index.ts'
import type { Network } from '../nn/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { inputOf, usualEncode } from '../train/index.ts'
import { base64 } from './base64.ts'
import type { NetworkLayer } from './network-picture.ts'
import type { ConfusedSample, RunSummary } from './run-summary.ts'

/** How test samples are shown to the network. */
export interface LookOptions {
  readonly T: number
  readonly seed: number
  readonly transforms: readonly Transform[]
  /** Samples at once. */
  readonly batch: number
}

/** Most test samples that are looked at, and of them most that are shown. */
const looked = 256
const mostConfused = 12

/** Larger pictures would make a page of megabytes. */
const mostPixels = 128 * 128

/** Neurons of a layer that are looked at, and most of them that are shown. */
const sample = 128
const mostRows = 24

/**
 * What a report shows of a trained network besides its numbers: its layers, their spikes, and samples it got wrong.
 * @param test the first samples are looked at
 * @throws UsageError where the network is on no backend
 */
export async function lookAt(
  network: Network,
  test: Dataset,
  options: LookOptions,
): Promise<Pick<RunSummary, 'network' | 'raster' | 'confused'>> {
  const { backend } = network
  if (!backend) throw new UsageError({ what: `model "${network.name}" is on no backend`, next: 'Call place() first.' })
  const { T, seed, transforms, batch } = options
  const batchSize = Math.min(batch, looked, test.length)
  const loader = new Loader(test, { batchSize, seed: 0, transforms, shuffle: false, lastBatch: 'keep' })
  const confused: ConfusedSample[] = []
  let raster: Raster | undefined
  let seen = 0
  try {
    for await (const { images, labels } of loader.epoch()) {
      if (seen >= looked || confused.length >= mostConfused) break
      const x = inputOf(network, backend, images, { T, seed, encode: usualEncode(test) })
      try {
        if (seen === 0) raster = await rasterIn(network, x, T)
        const logits = network.forward(x, { backend, tape: null, training: false, T, key: 0 })
        const scores = summedLogits(await backend.read(logits.handle), logits.shape[0])
        backend.release(logits.handle)
        if (!test.targets) confused.push(...confusedOf(test, labels, scores, seen))
        seen += labels.length
      } finally {
        backend.release(x.handle)
      }
    }
  } finally {
    await loader.close()
  }
  return { network: layersOf(network), ...(raster ? { raster } : {}), confused: confused.slice(0, mostConfused) }
}

/** Layers as a report names them. */
export function layersOf({ rows }: Pick<Network, 'rows'>): NetworkLayer[] {
  return rows
    .filter(({ trainingOnly }) => !trainingOnly)
    .map(({ path, type, output, parameters, neurons }) => ({ path, type, output: output.shape, parameters, neurons }))
}

/** Undefined for networks whose layers cannot be looked at alone, as those with feedback. */
async function rasterIn(network: Network, x: Tensor, T: number): Promise<Raster | undefined> {
  if (network.neurons.size === 0) return undefined
  try {
    return rasterOf(await recordLayers(network, x, { T, sample }), { neurons: mostRows })
  } catch (error) {
    if (error instanceof UsageError) return undefined
    throw error
  }
}

function confusedOf(test: Dataset, labels: Int32Array, scores: Float64Array, first: number): ConfusedSample[] {
  const [height, width, channels] = test.shape
  const pictures = test.steps === undefined && (channels === 1 || channels === 3) && height * width <= mostPixels
  if (!pictures) return []
  return [...predictions(scores, test.classes.length)].flatMap((taken, i) => {
    if (taken === labels[i]) return []
    const index = first + i
    const { png } = imageSample(test, index)
    const names = { truth: test.classes[labels[i]], taken: test.classes[taken] }
    return [{ index, ...names, width, height, png: base64(png) }]
  })
}
