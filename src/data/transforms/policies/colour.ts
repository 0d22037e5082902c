import type { ByteImage } from './byte-image.ts'

/**
 * Changes of brightness and colour, byte for byte as the Python Imaging Library computes them, with which policies were
 * published.
 */

/** Rec. 601 luma of a pixel in fixed point. */
function luma(bytes: Uint8Array, at: number): number {
  return (bytes[at] * 19595 + bytes[at + 1] * 38470 + bytes[at + 2] * 7471 + 0x8000) >> 16
}

/** Between another image and this one: 0 gives the other, 1 this one, beyond 1 away from the other. */
function blend(other: (i: number) => number, image: ByteImage, factor: number): void {
  const { bytes } = image
  const share = Math.fround(factor)
  for (let i = 0; i < bytes.length; i++) {
    const from = other(i)
    const value = Math.fround(from + Math.fround(share * (bytes[i] - from)))
    bytes[i] = value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value)
  }
}

export function brightness(image: ByteImage, factor: number): void {
  blend(() => 0, image, factor)
}

/** Saturation; a grey image stays as it is. */
export function saturation(image: ByteImage, factor: number): void {
  if (image.channels !== 3) return
  const grey = new Uint8Array(image.bytes.length / 3)
  for (let i = 0; i < grey.length; i++) grey[i] = luma(image.bytes, 3 * i)
  blend((i) => grey[Math.floor(i / 3)], image, factor)
}

/** Away from, or towards, the mean grey. */
export function contrast(image: ByteImage, factor: number): void {
  const { bytes, channels } = image
  const pixels = bytes.length / channels
  let sum = 0
  for (let i = 0; i < pixels; i++) sum += channels === 3 ? luma(bytes, 3 * i) : bytes[i]
  const mean = Math.floor(sum / pixels + 0.5)
  blend(() => mean, image, factor)
}

/** Away from, or towards, the image smoothed by [1 1 1; 1 5 1; 1 1 1] / 13; its border is not smoothed. */
export function sharpness(image: ByteImage, factor: number): void {
  const { bytes, height, width, channels } = image
  const smooth = bytes.slice()
  const row = width * channels
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * row + channels; i < (y + 1) * row - channels; i++) {
      let sum = 4 * bytes[i]
      for (const line of [i - row, i, i + row]) sum += bytes[line - channels] + bytes[line] + bytes[line + channels]
      smooth[i] = Math.floor(sum / 13 + 0.5)
    }
  }
  blend((i) => smooth[i], image, factor)
}

/** Keeps the upper bits. */
export function posterize({ bytes }: ByteImage, bits: number): void {
  const mask = 256 - (1 << (8 - bits))
  for (let i = 0; i < bytes.length; i++) bytes[i] &= mask
}

/** Inverts what is not darker than the threshold. */
export function solarize({ bytes }: ByteImage, threshold: number): void {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] >= threshold) bytes[i] = 255 - bytes[i]
}

export function invert({ bytes }: ByteImage): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = 255 - bytes[i]
}

/** Each channel through a table made of its histogram. */
function byHistogram(image: ByteImage, tableOf: (counts: Uint32Array) => Uint8Array | null): void {
  const { bytes, channels } = image
  for (let c = 0; c < channels; c++) {
    const counts = new Uint32Array(256)
    for (let i = c; i < bytes.length; i += channels) counts[bytes[i]]++
    const table = tableOf(counts)
    if (table) for (let i = c; i < bytes.length; i += channels) bytes[i] = table[bytes[i]]
  }
}

/** Stretches each channel to 0..255. */
export function autoContrast(image: ByteImage): void {
  byHistogram(image, (counts) => {
    const low = counts.findIndex((count) => count > 0)
    const high = counts.findLastIndex((count) => count > 0)
    if (high <= low) return null
    const scale = 255 / (high - low)
    const offset = -low * scale
    return Uint8Array.from(counts, (_, value) => Math.max(0, Math.min(255, Math.trunc(value * scale + offset))))
  })
}

/** Spreads each channel's values evenly. */
export function equalize(image: ByteImage): void {
  byHistogram(image, (counts) => {
    const used = counts.filter((count) => count > 0)
    const step = used.length <= 1 ? 0 : Math.floor((image.bytes.length / image.channels - used[used.length - 1]) / 255)
    if (step === 0) return null
    let sum = step >> 1
    return Uint8Array.from(counts, (count) => {
      const value = Math.min(255, Math.floor(sum / step))
      sum += count
      return value
    })
  })
}
