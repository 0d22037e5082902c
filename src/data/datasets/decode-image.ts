import { FormatError } from '../../base/index.ts'
import { type DecodedImage, isJpeg, isPng, readJpeg, readPng, resizeImage, withChannels } from '../../formats/index.ts'

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
 * @param scaled to the size of the others where it has another one
 * @throws FormatError if it is damaged, or of another size
 */
export function decodeInto(
  pixels: Uint8Array,
  index: number,
  bytes: Uint8Array,
  path: string,
  [height, width, channels]: readonly [number, number, 1 | 3],
  scaled = false,
): void {
  const read = withChannels(readImageFile(bytes, path), channels)
  const image = scaled ? resizeImage(read, { width, height }) : read
  if (image.height !== height || image.width !== width) {
    throw new FormatError({
      what: 'an image has another size than the first',
      place: path,
      expected: `${width}x${height}`,
      got: `${image.width}x${image.height}`,
      next: 'Name a size for all of them (option `imageSize`): they are then scaled to it.',
    })
  }
  pixels.set(image.pixels, index * height * width * channels)
}
