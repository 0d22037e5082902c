import { encode } from 'fast-png'
import type { DecodedImage } from './image.ts'

/** Writes an image of 1 or 3 channels as PNG. */
export function writePng({ width, height, channels, pixels }: DecodedImage): Uint8Array {
  return encode({ width, height, channels, data: pixels, depth: 8 })
}
