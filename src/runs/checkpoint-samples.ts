import { sizeOf } from '../base/index.ts'
import { type Dataset, encoders, Loader, makeTransform } from '../data/index.ts'
import type { PlanSample } from '../deploy/index.ts'
import type { checkpointTraining } from './training-record.ts'

/**
 * The first samples of a data set as a network of a checkpoint gets them: through its transforms, a frame for every step.
 * @param shape of a frame
 */
export async function frameSamples(
  dataset: Dataset,
  count: number,
  facts: {
    readonly known: ReturnType<typeof checkpointTraining>
    readonly shape: readonly number[]
    readonly T: number
  },
): Promise<PlanSample[]> {
  const { known, shape, T } = facts
  const encode = dataset.steps === undefined ? (known.encode ?? encoders.direct) : encoders.frames
  const loader = new Loader(dataset, {
    batchSize: 1,
    seed: 0,
    transforms: known.transforms.map(makeTransform),
    shuffle: false,
    lastBatch: 'keep',
    threads: 0,
    indices: Uint32Array.from({ length: Math.min(count, dataset.length) }, (_, i) => i),
  })
  const samples: PlanSample[] = []
  try {
    for await (const { images, labels, position } of loader.epoch()) {
      const rows = images.length / sizeOf(shape)
      const encoded = encode(images, [rows, ...shape], { T, seed: position })
      const values = Float32Array.from(encoded.kind === 'dense' ? encoded.values : encoded.bytes)
      samples.push({ frames: framesOf(values, sizeOf(shape), T), label: labels[0] })
    }
  } finally {
    await loader.close()
  }
  return samples
}

/** T frames; a single one is shown at every step. */
function framesOf(values: Float32Array, size: number, T: number): Float32Array[] {
  const count = values.length / size
  return Array.from({ length: T }, (_, t) => {
    const first = count === 1 ? 0 : t * size
    return values.slice(first, first + size)
  })
}
