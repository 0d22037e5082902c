import type { ImageBuffer } from '../transform.ts'

/** An image as 8-bit samples, channels last: what the operations of published policies are defined on. */
export interface ByteImage {
  bytes: Uint8Array
  readonly height: number
  readonly width: number
  /** 1 or 3. */
  readonly channels: number
}

export function bytesOf({ values, height, width, channels }: ImageBuffer): ByteImage {
  const bytes = new Uint8Array(values.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Math.round(values[i] * 255)
  return { bytes, height, width, channels }
}

/** Back to 0..1, rounded as images are when they come in. */
export function putBytes({ bytes }: ByteImage, { values }: ImageBuffer): void {
  for (let i = 0; i < bytes.length; i++) values[i] = bytes[i] / 255
}
