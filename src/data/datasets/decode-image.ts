import { FormatError } from '../../base/index.ts'
import { type DecodedImage, isJpeg, isPng, readJpeg, readPng, withChannels } from '../formats/index.ts'

/**
 * An image file of any format that is read, by how it begins.
 * @throws FormatError if it is damaged, or of another format
 */
export function readImageFile(bytes: Uint8Array, file: string): DecodedImage {
  if (isPng(bytes)) return readPng(bytes, { file })
  if (isJpeg(bytes)) return readJpeg(bytes, { file })
  throw new FormatError({
    what: 'this file is no image that Spikelet can read',
    place: `${file}, byte 0`,
    expected: 'PNG or JPEG',
    got: [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ') || 'no bytes',
  })
}

/**
 * Decodes image `index` of a data set to its place.
 * @param pixels [length, H, W, C]
 * @throws FormatError if it is damaged, or of another size
 */
export function decodeInto(
  pixels: Uint8Array,
  index: number,
  bytes: Uint8Array,
  path: string,
  [height, width, channels]: readonly [number, number, 1 | 3],
): void {
  const image = withChannels(readImageFile(bytes, path), channels)
  if (image.height !== height || image.width !== width) {
    throw new FormatError({
      what: 'an image has another size than the first',
      place: path,
      expected: `${width}x${height}`,
      got: `${image.width}x${image.height}`,
      next: 'scale the images to one size first',
    })
  }
  pixels.set(image.pixels, index * height * width * channels)
}
