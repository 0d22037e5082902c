import type { ByteImage } from './byte-image.ts'

/** Where the pixel at (x, y) comes from: (a x + b y + c, d x + e y + f), of pixels' centres. */
export type AffineMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

export type Interpolation = 'nearest' | 'bilinear'

/** Shears, moves or turns an image; what comes from outside is black. As the Python Imaging Library computes it. */
export function affine(image: ByteImage, map: AffineMap, interpolation: Interpolation): void {
  image.bytes = interpolation === 'nearest' ? nearest(image, map) : bilinear(image, map)
}

/** In fixed point with 16 bits behind the point. */
function nearest({ bytes, height, width, channels }: ByteImage, [a, b, c, d, e, f]: AffineMap): Uint8Array {
  const fixed = (value: number) => Math.floor(value * 65536 + 0.5)
  const moved = new Uint8Array(bytes.length)
  const [stepA, stepB, stepD, stepE] = [a, b, d, e].map(fixed)
  let rowX = fixed(c + a * 0.5 + b * 0.5)
  let rowY = fixed(f + d * 0.5 + e * 0.5)
  for (let y = 0, at = 0; y < height; y++) {
    let [fromX, fromY] = [rowX, rowY]
    for (let x = 0; x < width; x++, at += channels) {
      const column = fromX >> 16
      const row = fromY >> 16
      if (column >= 0 && column < width && row >= 0 && row < height) {
        const source = (row * width + column) * channels
        for (let k = 0; k < channels; k++) moved[at + k] = bytes[source + k]
      }
      fromX += stepA
      fromY += stepD
    }
    rowX += stepB
    rowY += stepE
  }
  return moved
}

function bilinear({ bytes, height, width, channels }: ByteImage, [a, b, c, d, e, f]: AffineMap): Uint8Array {
  const moved = new Uint8Array(bytes.length)
  const within = (value: number, size: number) => Math.max(0, Math.min(size - 1, value))
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f
      if (fromX < 0 || fromX >= width || fromY < 0 || fromY >= height) continue
      const left = Math.floor(fromX - 0.5)
      const top = Math.floor(fromY - 0.5)
      const shareX = fromX - 0.5 - left
      const shareY = fromY - 0.5 - top
      const columns = [within(left, width) * channels, within(left + 1, width) * channels]
      const rows = [within(top, height) * width * channels, within(top + 1, height) * width * channels]
      for (let k = 0; k < channels; k++) {
        const upper = mix(bytes[rows[0] + columns[0] + k], bytes[rows[0] + columns[1] + k], shareX)
        const lower = mix(bytes[rows[1] + columns[0] + k], bytes[rows[1] + columns[1] + k], shareX)
        moved[at + k] = Math.trunc(mix(upper, lower, shareY))
      }
    }
  }
  return moved
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share
}

/** Degrees, counter-clockwise about the image's centre. */
export function rotation(degrees: number, height: number, width: number): AffineMap {
  const angle = (-degrees * Math.PI) / 180
  const round = (value: number) => Number(value.toFixed(15))
  const [cos, sin] = [round(Math.cos(angle)), round(Math.sin(angle))]
  const [x, y] = [width / 2, height / 2]
  return [cos, sin, x - (cos * x + sin * y), -sin, cos, y - (-sin * x + cos * y)]
}
