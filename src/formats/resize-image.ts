import type { DecodedImage } from './image.ts'

/** Bits behind the point of a weight: sums of weighted bytes stay below 2^31. */
const precision = 22

/** What one new pixel is made of: old pixels from `first` on, and their weights. */
interface Window {
  readonly first: number
  readonly weights: Int32Array
}

/**
 * An image scaled to another size, as Pillow's `resize(size, BILINEAR)` does it: first across, then down, each pass a
 * triangle filter that grows with the old pixels that a new one covers, in fixed-point numbers. Its pixels are Pillow's.
 * @returns the image itself where it has that size
 */
export function resizeImage(image: DecodedImage, { width, height }: { width: number; height: number }): DecodedImage {
  return scaledDown(scaledAcross(image, width), height)
}

function scaledAcross(image: DecodedImage, width: number): DecodedImage {
  if (image.width === width) return image
  const { height, channels } = image
  const pixels = new Uint8Array(width * height * channels)
  for (const [x, window] of windowsOf(image.width, width).entries()) {
    for (let y = 0; y < height; y++) {
      const from = (y * image.width + window.first) * channels
      for (let c = 0; c < channels; c++) {
        pixels[(y * width + x) * channels + c] = weighted(image.pixels, from + c, channels, window.weights)
      }
    }
  }
  return { ...image, width, pixels }
}

function scaledDown(image: DecodedImage, height: number): DecodedImage {
  if (image.height === height) return image
  const row = image.width * image.channels
  const pixels = new Uint8Array(height * row)
  for (const [y, window] of windowsOf(image.height, height).entries()) {
    for (let i = 0; i < row; i++) {
      pixels[y * row + i] = weighted(image.pixels, window.first * row + i, row, window.weights)
    }
  }
  return { ...image, height, pixels }
}

function weighted(pixels: Uint8Array, from: number, step: number, weights: Int32Array): number {
  let sum = 1 << (precision - 1)
  for (let k = 0; k < weights.length; k++) sum += pixels[from + k * step] * weights[k]
  return Math.min(255, Math.max(0, sum >> precision))
}

function windowsOf(from: number, to: number): Window[] {
  const scale = from / to
  const reach = Math.max(scale, 1)
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale
    const first = Math.max(0, Math.trunc(centre - reach + 0.5))
    const end = Math.min(from, Math.trunc(centre + reach + 0.5))
    const shares = Array.from({ length: end - first }, (_, k) => {
      const distance = Math.abs((k + first - centre + 0.5) / reach)
      return distance < 1 ? 1 - distance : 0
    })
    const sum = shares.reduce((total, share) => total + share, 0)
    return { first, weights: Int32Array.from(shares, (share) => Math.trunc(0.5 + (share / sum) * (1 << precision))) }
  })
}
