import { z } from 'zod'
import { FormatError } from '../../base/index.ts'
import type { TransformDescription } from '../../data/index.ts'

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
        size: z.object({ width: z.number().int(), height: z.number().int() }).optional(),
        denoiseUs: z.number().optional(),
      })
      .optional(),
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
} {
  const parsed = schema.safeParse(training)
  if (parsed.success) {
    const { T, dataset, loss, transforms } = parsed.data
    const toLabels = loss.name === 'paper' && typeof loss.squaredErrorTo === 'object'
    const name = toLabels ? 'paper-one-hot' : loss.name
    return { T, dataset: dataset.name, loss: name, transforms: transforms.evaluation, frames: dataset.frames }
  }
  const [issue] = parsed.error.issues
  throw new FormatError({
    what: 'the checkpoint does not say how its network was trained',
    place: `${file}, training.${issue.path.join('.')}`,
    got: issue.message,
  })
}
