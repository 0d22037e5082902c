import { FormatError, type Shape, sameShape, shapeText, sizeOf } from '../../base/index.ts'
import {
  cifar10Variant,
  cifar100Variant,
  isJpeg,
  isPng,
  readCifarBinary,
  readIdx,
  readImageFile,
  withChannels,
} from '../../data/index.ts'

/** Images of a file, without their labels. */
export interface FileImages {
  readonly length: number
  readonly shape: readonly [number, number, number]
  /** Image i, [H, W, C] bytes. */
  image(i: number): Uint8Array
}

const cifarPixels = 32 * 32 * 3

/**
 * Images as IDX, or as CIFAR binary records; a PNG or JPEG file is one image, with as many channels as are wanted.
 * @param wanted the shape that the network takes
 * @throws FormatError if the file is neither, is damaged, or holds images of another shape
 */
export function readImages(bytes: Uint8Array, file: string, wanted: Shape): FileImages {
  const images = isPng(bytes) || isJpeg(bytes) ? picture(bytes, file, wanted) : tableOf(bytes, file)
  if (sameShape(images.shape, wanted)) return images
  throw new FormatError({
    what: 'the network takes other images than the file holds',
    place: file,
    expected: shapeText(wanted),
    got: shapeText(images.shape),
  })
}

function picture(bytes: Uint8Array, file: string, wanted: Shape): FileImages {
  const { width, height, channels, pixels } = withChannels(readImageFile(bytes, file), wanted[2] === 1 ? 1 : 3)
  return { length: 1, shape: [height, width, channels], image: () => pixels }
}

function tableOf(bytes: Uint8Array, file: string): FileImages {
  return looksLikeIdx(bytes) ? idxImages(bytes, file) : cifarImages(bytes, file)
}

/** IDX begins with two zero bytes, gzip with 31 and 139. */
function looksLikeIdx(bytes: Uint8Array): boolean {
  return (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8) || (bytes[0] === 31 && bytes[1] === 139)
}

function idxImages(bytes: Uint8Array, file: string): FileImages {
  const { shape, values } = readIdx(bytes, file)
  const [length, height, width, channels = 1] = shape
  if (shape.length !== 3 && shape.length !== 4) {
    throw new FormatError({
      what: 'this IDX file does not hold images',
      place: file,
      expected: '[n, height, width]',
      got: shapeText(shape),
    })
  }
  const size = sizeOf([height, width, channels])
  return { length, shape: [height, width, channels], image: (i) => values.subarray(i * size, (i + 1) * size) }
}

function cifarImages(bytes: Uint8Array, file: string): FileImages {
  const variant = [cifar10Variant, cifar100Variant].find(
    ({ labels }) => bytes.length > 0 && bytes.length % (labels.length + cifarPixels) === 0,
  )
  if (!variant) {
    throw new FormatError({
      what: 'this file holds no images that Spikelet can read',
      place: file,
      expected: 'PNG, JPEG, IDX, plain or .gz, or CIFAR binary records',
      got: `${bytes.length} bytes`,
    })
  }
  const records = readCifarBinary(bytes, variant, file)
  const pixels = new Uint8Array(cifarPixels)
  return {
    length: records.length,
    shape: [32, 32, 3],
    image(i) {
      records.image(i, pixels)
      return pixels
    },
  }
}
