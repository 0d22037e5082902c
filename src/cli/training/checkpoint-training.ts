import { z } from 'zod'
import { FormatError } from '../../base/index.ts'
import type { TransformDescription } from '../../data/index.ts'

const size = z.object({ width: z.number().int(), height: z.number().int() }).optional()

const schema = z.object({
  T: z.number().int().min(1),
  dataset: z.object({
    name: z.string(),
    frames: z
      .object({
        T: z.number().int().min(1),
        by: z.enum(['number', 'time', 'window']).optional(),
        windowUs: z.number().optional(),
        values: z.enum(['counts', 'binary', 'voxel']).optional(),
        size,
        denoiseUs: z.number().optional(),
      })
      .optional(),
    sensor: size,
    imageSize: size,
  }),
  loss: z.object({ name: z.enum(['paper', 'rate']), squaredErrorTo: z.unknown().optional() }),
  transforms: z.object({
    evaluation: z.array(
      z.object({
        name: z.string(),
        options: z.record(z.string(), z.union([z.number(), z.string(), z.array(z.number())])),
      }),
    ),
  }),
})

/** What a checkpoint says of its training, as far as a judge needs it. @throws FormatError if it lacks a part */
export function checkpointTraining(
  training: unknown,
  file: string,
): {
  T: number
  dataset: string
  loss: 'paper' | 'paper-one-hot' | 'rate'
  transforms: TransformDescription[]
  /** How recordings became frames; undefined for images. */
  frames: z.infer<typeof schema>['dataset']['frames']
  /** Sizes that the training was told, in the words of its options. */
  sizes: { sensor?: string; imageSize?: string }
} {
  const parsed = schema.safeParse(training)
  if (parsed.success) {
    const { T, dataset, loss, transforms } = parsed.data
    const toLabels = loss.name === 'paper' && typeof loss.squaredErrorTo === 'object'
    const name = toLabels ? 'paper-one-hot' : loss.name
    const { frames, sensor, imageSize } = dataset
    const sizes = {
      ...(sensor ? { sensor: `${sensor.width}x${sensor.height}` } : {}),
      ...(imageSize ? { imageSize: `${imageSize.height}x${imageSize.width}` } : {}),
    }
    return { T, dataset: dataset.name, loss: name, transforms: transforms.evaluation, frames, sizes }
  }
  const [issue] = parsed.error.issues
  throw new FormatError({
    what: 'the checkpoint does not say how its network was trained',
    place: `${file}, training.${issue.path.join('.')}`,
    got: issue.message,
  })
}
