import { type Shape, ShapeError, shapeText } from '../base/index.ts'
import type { Conv2dOptions, PoolOptions } from './backend.ts'

/** [H, W, C] of a convolution's output. @throws ShapeError naming the axis that does not fit */
export function conv2dShape(image: Shape, weight: Shape, options: Conv2dOptions): Shape {
  const [height, width, channels] = image
  const [kh, kw, groupIn, outChannels] = weight
  if (image.length !== 3) throw imageError('a convolution', image)
  if (groupIn * options.groups !== channels) {
    throw new ShapeError({
      what: 'a convolution does not fit its input: the channels differ',
      expected: `${groupIn * options.groups} channels, for weight ${shapeText(weight)} in ${options.groups} groups`,
      got: `${channels}, in [H, W, C] = ${shapeText(image)}`,
    })
  }
  if (outChannels % options.groups !== 0) {
    throw new ShapeError({
      what: 'the output channels of a convolution do not divide into its groups',
      expected: `a multiple of ${options.groups}`,
      got: `${outChannels}, in weight ${shapeText(weight)}`,
    })
  }
  const { stride, padding, dilation } = options
  return [
    covered(image, 0, height, dilation[0] * (kh - 1) + 1, stride[0], padding[0]),
    covered(image, 1, width, dilation[1] * (kw - 1) + 1, stride[1], padding[1]),
    outChannels,
  ]
}

/** [H, W, C] of a pool's output. @throws ShapeError where the window is larger than the image */
export function poolShape(image: Shape, options: PoolOptions): Shape {
  if (image.length !== 3) throw imageError('a pool', image)
  if (options.kind === 'adaptiveAverage') return [...options.size, image[2]]
  const { kernel, stride, padding } = options
  for (const axis of [0, 1]) {
    if (padding[axis] * 2 > kernel[axis]) {
      throw new ShapeError({
        what: 'a pool is padded by more than half its window',
        expected: `at most ${Math.floor(kernel[axis] / 2)}`,
        got: `${padding[axis]}`,
      })
    }
  }
  return [
    covered(image, 0, image[0], kernel[0], stride[0], padding[0]),
    covered(image, 1, image[1], kernel[1], stride[1], padding[1]),
    image[2],
  ]
}

/** How often a window of `span` pixels fits along one axis. */
function covered(image: Shape, axis: 0 | 1, size: number, span: number, stride: number, padding: number): number {
  if (size + 2 * padding < span) {
    throw new ShapeError({
      what: `the image is smaller than the window along its ${axis === 0 ? 'height' : 'width'}`,
      expected: `at least ${span - 2 * padding} pixels`,
      got: `${size}, in [H, W, C] = ${shapeText(image)}`,
    })
  }
  return Math.floor((size + 2 * padding - span) / stride) + 1
}

function imageError(who: string, got: Shape): ShapeError {
  return new ShapeError({
    what: `${who} needs images`,
    expected: '[H, W, C] in every frame',
    got: shapeText(got),
    next: 'Was the tensor flattened before this layer?',
  })
}

/** Checks that a tensor is [channels]. */
export function expectVector(what: string, got: Shape, channels: number): void {
  if (got.length !== 1 || got[0] !== channels) {
    throw new ShapeError({ what: `${what} does not fit`, expected: shapeText([channels]), got: shapeText(got) })
  }
}
