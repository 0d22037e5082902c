import { sizeOf } from '../../base/index.ts'
import type { ImagePipeline } from '../transforms/index.ts'

/**
 * Fills a batch, image after image.
 * @param image copies image i to the given bytes
 * @param into [indices.length or more, H, W, C]
 */
export function fillBatch(
  pipeline: ImagePipeline,
  shape: readonly number[],
  image: (i: number, into: Uint8Array) => void,
  job: { epoch: number; indices: Uint32Array },
  into: Float32Array,
): void {
  const size = sizeOf(shape)
  const bytes = new Uint8Array(size)
  for (const [k, index] of job.indices.entries()) {
    image(index, bytes)
    pipeline.run(bytes, job.epoch, index, into.subarray(k * size, (k + 1) * size))
  }
}
