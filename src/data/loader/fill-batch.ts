import { type SampleLayout, sampleBytes, sampleValues } from '../datasets/index.ts'
import { drawMixes, type ImagePipeline, type Mixing, mixBatch } from '../transforms/index.ts'

/**
 * Fills a batch, sample after sample, and mixes them if told to.
 * @param image copies sample i to the given bytes
 * @param into [indices.length or more, H, W, C], or [..., T, H, W, C] of recordings
 */
export function fillBatch(
  pipeline: ImagePipeline,
  layout: SampleLayout,
  image: (i: number, into: Uint8Array) => void,
  job: { epoch: number; indices: Uint32Array },
  into: Float32Array,
  mixing?: { readonly how: Mixing; readonly seed: number } | undefined,
): void {
  const size = sampleValues(layout)
  const bytes = new Uint8Array(sampleBytes(layout))
  for (const [k, index] of job.indices.entries()) {
    image(index, bytes)
    pipeline.run(bytes, job.epoch, index, into.subarray(k * size, (k + 1) * size))
  }
  if (!mixing) return
  const mixes = drawMixes(mixing.how, layout, { ...job, seed: mixing.seed })
  mixBatch(into.subarray(0, job.indices.length * size), mixes, layout)
}
