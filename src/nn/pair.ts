/** Height and width. */
export type Pair = readonly [number, number]

/** One number for both, or both. */
export function pairOf(size: number | Pair): Pair {
  return typeof size === 'number' ? [size, size] : size
}
