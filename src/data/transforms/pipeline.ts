import { nearestName, Random, UsageError } from '../../base/index.ts'
import { cutout } from './cutout.ts'
import { normalise } from './normalise.ts'
import { randomCrop } from './random-crop.ts'
import { randomFlip } from './random-flip.ts'
import type { Transform, TransformDescription } from './transform.ts'

type Options = TransformDescription['options']

const makers: Record<string, (options: Options) => Transform> = {
  normalise: ({ mean, deviation }) => normalise(mean as readonly number[], deviation as readonly number[]),
  'random-crop': ({ padding }) => randomCrop({ padding: padding as number }),
  'random-flip': () => randomFlip(),
  cutout: ({ size }) => cutout({ size: size as number }),
}

/** Whether a transform is one of Spikelet's own, which a loader thread can make again from its description. */
export function isDescribable(transform: TransformDescription): boolean {
  return Object.hasOwn(makers, transform.name)
}

/**
 * The transform that a description tells of.
 * @throws UsageError if the name is unknown or an option is out of range
 */
export function makeTransform({ name, options }: TransformDescription): Transform {
  if (Object.hasOwn(makers, name)) return makers[name](options)
  const known = Object.keys(makers)
  const near = nearestName(name, known)
  throw new UsageError({
    what: `unknown transform '${name}'`,
    expected: known.join(', '),
    got: `'${name}'`,
    ...(near ? { next: `did you mean '${near}'?` } : {}),
  })
}

/** Turns an image's bytes into what the network sees; see `imagePipeline`. */
export interface ImagePipeline {
  /** @param into [H, W, C] float32 */
  run(bytes: Uint8Array, epoch: number, index: number, into: Float32Array): void
}

/**
 * Bytes to float32 in 0..1, then each transform in turn. The chance that sample `index` meets in `epoch` depends on
 * seed, epoch and index alone: not on order, batch or thread; and each transform has a stream of its own.
 * @param shape [H, W, C]
 */
export function imagePipeline(
  shape: readonly [number, number, number],
  transforms: readonly Transform[],
  seed: number,
): ImagePipeline {
  const [height, width, channels] = shape
  const size = height * width * channels
  const unit = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)
  const image = { values: new Float32Array(size), spare: new Float32Array(size), height, width, channels }
  const random = new Random(seed).fork('transforms')
  return {
    run(bytes, epoch, index, into) {
      for (let i = 0; i < size; i++) image.values[i] = unit[bytes[i]]
      const own = random.fork(epoch).fork(index)
      for (const [k, transform] of transforms.entries()) transform.apply(image, own.fork(k))
      into.set(image.values)
    },
  }
}
