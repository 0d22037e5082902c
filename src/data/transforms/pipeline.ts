import { Random, sizeOf, suggestion, UsageError } from '../../base/index.ts'
import { holdsBytes, type SampleLayout } from '../datasets/index.ts'
import { type AutoAugmentPolicy, autoAugment } from './auto-augment.ts'
import { cutout } from './cutout.ts'
import { normalise } from './normalise.ts'
import type { Interpolation } from './policies/index.ts'
import { randomCrop } from './random-crop.ts'
import { randomErasing } from './random-erasing.ts'
import { randomFlip } from './random-flip.ts'
import { rollOrRotate } from './roll-or-rotate.ts'
import type { Transform, TransformDescription } from './transform.ts'
import { trivialAugmentWide } from './trivial-augment.ts'

type Options = TransformDescription['options']

const makers: Record<string, (options: Options) => Transform> = {
  normalise: ({ mean, deviation }) => normalise(mean as readonly number[], deviation as readonly number[]),
  'random-crop': ({ padding }) => randomCrop({ padding: padding as number }),
  'random-flip': () => randomFlip(),
  cutout: ({ size }) => cutout({ size: size as number }),
  'random-erasing': ({ probability }) => randomErasing({ probability: probability as number }),
  'roll-or-rotate': ({ pixels, degrees }) => rollOrRotate({ pixels: pixels as number, degrees: degrees as number }),
  'auto-augment': ({ policy, interpolation }) =>
    autoAugment({ policy: policy as AutoAugmentPolicy, interpolation: interpolation as Interpolation }),
  'trivial-augment-wide': ({ interpolation }) => trivialAugmentWide({ interpolation: interpolation as Interpolation }),
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
  throw new UsageError({
    what: `unknown transform '${name}'`,
    expected: known.join(', '),
    got: `'${name}'`,
    next: suggestion(name, known),
  })
}

/** Turns a sample's bytes into what the network sees; see `imagePipeline`. */
export interface ImagePipeline {
  /** @param into [H, W, C] float32, or [T, H, W, C] of recordings */
  run(bytes: Uint8Array, epoch: number, index: number, into: Float32Array): void
}

/**
 * Bytes to float32 in 0..1, then each transform in turn; of recordings, each frame, and all frames of one meet the same
 * chance: they are shifted and mirrored alike. The chance that sample `index` meets in `epoch` depends on
 * seed, epoch and index alone: not on order, batch or thread; and each transform has a stream of its own.
 */
export function imagePipeline(layout: SampleLayout, transforms: readonly Transform[], seed: number): ImagePipeline {
  const { shape, steps = 1 } = layout
  const [height, width, channels] = shape
  const size = sizeOf(shape)
  const bytesOnly = holdsBytes(layout)
  const unit = Float32Array.from({ length: 256 }, (_, byte) => byte / 255)
  const image = { values: new Float32Array(size), spare: new Float32Array(size), height, width, channels }
  const random = new Random(seed).fork('transforms')
  return {
    run(bytes, epoch, index, into) {
      const own = random.fork(epoch).fork(index)
      const change = (to: number) => {
        for (const [k, transform] of transforms.entries()) transform.apply(image, own.fork(k))
        into.set(image.values, to)
      }
      if (bytesOnly) {
        for (let i = 0; i < size; i++) image.values[i] = unit[bytes[i]]
        change(0)
        return
      }
      const frames = new Float32Array(bytes.buffer, bytes.byteOffset, steps * size)
      for (let t = 0; t < steps; t++) {
        image.values.set(frames.subarray(t * size, (t + 1) * size))
        change(t * size)
      }
    },
  }
}
