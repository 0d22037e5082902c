import { type GradientMap, type LayerGradientMapOptions, layerGradientMap } from '../analysis/index.ts'
import { UsageError } from '../base/index.ts'
import { type Dataset, Loader, type Transform } from '../data/index.ts'
import type { Network } from '../nn/index.ts'
import { inputOf, usualEncode } from '../train/index.ts'

interface TestGradientOptions extends Pick<LayerGradientMapOptions, 'T' | 'kind' | 'sample'> {
  /** How many test images the network is looked at with. */
  readonly images: number
  readonly seed: number
  readonly transforms: readonly Transform[]
}

/**
 * Gradient maps of a network's layers for the first test images of a data set.
 * @throws UsageError where there are none, or the network is on no backend
 */
export async function testGradients(
  network: Network,
  test: Dataset,
  { T, kind, sample, images: count, seed, transforms }: TestGradientOptions,
): Promise<GradientMap> {
  const { backend } = network
  if (!backend) throw new UsageError({ what: `model "${network.name}" is on no backend`, next: 'Call place() first.' })
  const batchSize = Math.min(count, test.length)
  const loader = new Loader(test, { batchSize, seed: 0, transforms, shuffle: false, lastBatch: 'keep' })
  try {
    for await (const { images, labels } of loader.epoch()) {
      const x = inputOf(network, backend, images, { T, seed, encode: usualEncode(test) })
      try {
        return await layerGradientMap(network, x, {
          T,
          labels,
          ...(kind ? { kind } : {}),
          ...(sample ? { sample } : {}),
        })
      } finally {
        backend.release(x.handle)
      }
    }
    throw new UsageError({ what: 'the data set has no test images', place: test.name, next: 'Look at another one.' })
  } finally {
    await loader.close()
  }
}
