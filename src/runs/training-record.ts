import { z } from 'zod'
import { FormatError } from '../base/index.ts'
import type { TransformDescription } from '../data/index.ts'
import { encoders } from '../nn/index.ts'
import type { Encode } from '../train/index.ts'
import type { TrainingOptions } from './run-settings.ts'

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
  classes: z.array(z.string()).optional(),
  encode: z.string().optional(),
  loss: z.object({
    name: z.enum(['paper', 'rate', 'first-spike', 'van-rossum', 'membrane-regression']),
    squaredErrorTo: z.unknown().optional(),
  }),
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
  loss: TrainingOptions['loss']
  transforms: TransformDescription[]
  /** How recordings became frames; undefined for images. */
  frames: z.infer<typeof schema>['dataset']['frames']
  /** Sizes that the training was told, in the words of its options. */
  sizes: { sensor?: string; imageSize?: string }
  /** How images become a sequence. */
  encode: string
  /** Undefined where the checkpoint is older than their record. */
  classes: readonly string[] | undefined
} {
  const parsed = schema.safeParse(training)
  if (parsed.success) {
    const { T, dataset, loss, transforms, classes } = parsed.data
    const toLabels = loss.name === 'paper' && typeof loss.squaredErrorTo === 'object'
    const name = toLabels ? 'paper-one-hot' : loss.name
    const { encode = 'direct' } = parsed.data
    const { name: from, frames, sensor, imageSize } = dataset
    const sizes = {
      ...(sensor ? { sensor: `${sensor.width}x${sensor.height}` } : {}),
      ...(imageSize ? { imageSize: `${imageSize.height}x${imageSize.width}` } : {}),
    }
    return { T, dataset: from, loss: name, transforms: transforms.evaluation, frames, sizes, encode, classes }
  }
  const [issue] = parsed.error.issues
  throw new FormatError({
    what: 'the checkpoint does not say how its network was trained',
    place: `${file}, training.${issue.path.join('.')}`,
    got: issue.message,
  })
}

/** An encoding by the name that a checkpoint gives. @throws FormatError for a function of the training program, which no file can hold */
export function encoderNamed(name: string, file: string): Encode {
  const { direct, frames, poisson, latency } = encoders
  const known: { readonly [name: string]: Encode } = { direct, frames, poisson, latency }
  if (Object.hasOwn(known, name)) return known[name]
  throw new FormatError({
    what: 'this network was trained with an encoding of its own program',
    place: `${file}, training.encode`,
    expected: Object.keys(known).join(', '),
    got: name,
    next: 'Judge it in that program, with evaluate() and its encode.',
  })
}
