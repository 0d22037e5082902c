/** One colour's samples; rows are `stride` apart, of which `width` by `height` are the image's. */
export interface Plane {
  readonly values: Uint8Array
  readonly stride: number
  readonly width: number
  readonly height: number
}

/**
 * A plane at the image's size. A half-size direction is filled in between with weights 3/4 and 1/4, as most decoders do;
 * other ratios, and planes of one or two columns, repeat samples.
 * @param ratioX,ratioY image pixels per sample
 */
export function upsampled(plane: Plane, ratioX: number, ratioY: number, width: number, height: number): Uint8Array {
  const smooth = plane.width > 2
  if (smooth && ratioX === 2 && ratioY === 2) return twiceBoth(plane, width, height)
  if (smooth && ratioX === 2 && ratioY === 1) return twiceWide(plane, width, height)
  if (ratioX === 1 && ratioY === 2) return twiceHigh(plane, width, height)
  const out = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / ratioY) * plane.stride
    for (let x = 0; x < width; x++) out[y * width + x] = plane.values[row + Math.floor(x / ratioX)]
  }
  return out
}

/** The row whose quarter comes in: above for even image rows, below for odd ones; itself at the border. */
function neighbourRow(plane: Plane, y: number): number {
  const row = (y >> 1) + (y & 1 ? 1 : -1)
  return Math.min(plane.height - 1, Math.max(0, row)) * plane.stride
}

function twiceBoth(plane: Plane, width: number, height: number): Uint8Array {
  const { values, stride, width: columns } = plane
  const out = new Uint8Array(width * height)
  const sums = new Int32Array(columns)
  for (let y = 0; y < height; y++) {
    const [near, far] = [(y >> 1) * stride, neighbourRow(plane, y)]
    for (let i = 0; i < columns; i++) sums[i] = 3 * values[near + i] + values[far + i]
    for (let x = 0; x < width; x++) {
      const i = x >> 1
      const j = x & 1 ? i + 1 : i - 1
      const other = j < 0 || j >= columns ? sums[i] : sums[j]
      out[y * width + x] = (3 * sums[i] + other + (x & 1 ? 7 : 8)) >> 4
    }
  }
  return out
}

function twiceWide({ values, stride, width: columns }: Plane, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const row = y * stride
    for (let x = 0; x < width; x++) {
      const i = x >> 1
      const j = x & 1 ? i + 1 : i - 1
      const other = j < 0 || j >= columns ? values[row + i] : values[row + j]
      out[y * width + x] = (3 * values[row + i] + other + (x & 1 ? 2 : 1)) >> 2
    }
  }
  return out
}

function twiceHigh(plane: Plane, width: number, height: number): Uint8Array {
  const { values, stride } = plane
  const out = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const [near, far] = [(y >> 1) * stride, neighbourRow(plane, y)]
    for (let x = 0; x < width; x++) {
      out[y * width + x] = (3 * values[near + x] + values[far + x] + (y & 1 ? 2 : 1)) >> 2
    }
  }
  return out
}
