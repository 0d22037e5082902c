/** One of several ranks that share every batch. */
export interface BatchPart {
  /** From 0. */
  readonly rank: number
  readonly size: number
  /** Whether BatchNorm takes its statistics over all parts, so that a part may be a single image. Default false. */
  readonly sharesStatistics?: boolean
}

/** What a rank has of a whole. */
export interface Part {
  readonly indices: Uint32Array
  /** Images of the whole. */
  readonly whole: number
  /** Images of this part, of the whole. */
  readonly share: number
}

/**
 * A rank's part of a batch: neighbours, as many as the others have or one fewer. Where there are not enough for all, the first
 * image stands in and counts nothing, so that every rank takes the same steps.
 */
export function partOf(indices: Uint32Array, { rank, size }: BatchPart): Part {
  const whole = indices.length
  const start = (r: number) => Math.ceil((r * whole) / size)
  const own = indices.subarray(start(rank), start(rank + 1))
  return own.length > 0 || whole === 0
    ? { indices: own, whole, share: whole === 0 ? 0 : own.length / whole }
    : { indices: indices.subarray(0, 1), whole, share: 0 }
}
