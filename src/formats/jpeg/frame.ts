/** One colour of a frame. */
export interface Component {
  readonly id: number
  /** Samples per smallest unit, across and down. */
  readonly h: number
  readonly v: number
  readonly quantisation: number
  /** Blocks of 8x8 that the image needs, and those that are kept, which fill whole units. */
  readonly blocksWide: number
  readonly blocksHigh: number
  readonly keptWide: number
  readonly keptHigh: number
  /** 64 per block, in natural order. */
  coefficients: Int16Array
}

export interface Frame {
  readonly width: number
  readonly height: number
  readonly progressive: boolean
  readonly maxH: number
  readonly maxV: number
  readonly unitsWide: number
  readonly unitsHigh: number
  readonly components: readonly Component[]
}

/** Zigzag position to natural position; the last entries catch runs that go beyond the block. */
export const naturalOrder = new Uint8Array(80).fill(63)
for (let i = 0, x = 0, y = 0; i < 64; i++) {
  naturalOrder[i] = 8 * y + x
  const up = ((x + y) & 1) === 0
  if (up && x === 7) y++
  else if (up && y === 0) x++
  else if (up) [x, y] = [x + 1, y - 1]
  else if (y === 7) x++
  else if (x === 0) y++
  else [x, y] = [x - 1, y + 1]
}
