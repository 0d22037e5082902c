import { damageAt } from './damage.ts'

/** One image, [height, width, channels] bytes. */
export interface DecodedImage {
  readonly width: number
  readonly height: number
  /** 1: grey; 3: red, green, blue. */
  readonly channels: number
  readonly pixels: Uint8Array
}

/** Pixels that an image may have where a caller sets no limit. */
export const usualMaxPixels = 2 ** 24

/** @throws FormatError if an image has no pixels, or more than are allowed */
export function checkImageSize(
  width: number,
  height: number,
  file: string,
  offset: number,
  maxPixels = usualMaxPixels,
): void {
  if (width > 0 && height > 0 && width * height <= maxPixels) return
  throw damageAt(file, offset, {
    what: width > 0 && height > 0 ? 'image is larger than is allowed here' : 'image has no pixels',
    expected: `1 to ${maxPixels} pixels`,
    got: `${width}x${height}`,
    next: 'The file is damaged, or the limit must be raised.',
  })
}

/** The image with 1 or 3 channels: grey is repeated, colour becomes its luma (ITU-R 601). */
export function withChannels(image: DecodedImage, channels: 1 | 3): DecodedImage {
  if (image.channels === channels) return image
  const count = image.width * image.height
  const pixels = new Uint8Array(count * channels)
  for (let i = 0; i < count; i++) {
    if (channels === 3) pixels.fill(image.pixels[i], 3 * i, 3 * i + 3)
    else {
      const [r, g, b] = image.pixels.subarray(3 * i, 3 * i + 3)
      pixels[i] = (19595 * r + 38470 * g + 7471 * b + 32768) >> 16
    }
  }
  return { ...image, channels, pixels }
}
