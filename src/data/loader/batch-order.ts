import { Random } from '../../base/index.ts'

/**
 * What becomes of the last, smaller batch: `drop-one` drops it if some process would have a single image of it (statistics over
 * one value say nothing), `drop-incomplete` drops it always, `keep` never (for evaluation, where every image counts).
 */
export type LastBatch = 'drop-one' | 'drop-incomplete' | 'keep'

export interface BatchOrder {
  batchesPerEpoch: number
  imagesPerEpoch: number
  /** The numbers of an epoch's images, batch after batch. */
  epoch(epoch: number): Uint32Array[]
}

/**
 * Cuts images into batches, shuffled anew in every epoch; seed and epoch alone decide the order.
 * @param options `least`: images that `drop-one` wants of a last batch; 2 by default
 */
export function batchOrder(
  indices: Uint32Array,
  options: { batchSize: number; shuffle: boolean; seed: number; lastBatch: LastBatch; least?: number },
): BatchOrder {
  const { batchSize, shuffle, seed, lastBatch, least = 2 } = options
  const rest = indices.length % batchSize
  const dropped = lastBatch === 'drop-incomplete' || (lastBatch === 'drop-one' && rest < least) ? rest : 0
  const imagesPerEpoch = indices.length - dropped
  const random = new Random(seed).fork('shuffle')
  return {
    imagesPerEpoch,
    batchesPerEpoch: Math.ceil(imagesPerEpoch / batchSize),
    epoch(epoch) {
      const order = shuffle
        ? random
            .fork(epoch)
            .permutation(indices.length)
            .map((k) => indices[k])
        : indices
      const batches: Uint32Array[] = []
      for (let at = 0; at < imagesPerEpoch; at += batchSize) {
        batches.push(order.slice(at, Math.min(at + batchSize, imagesPerEpoch)))
      }
      return batches
    },
  }
}
