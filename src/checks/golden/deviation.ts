/** One comparison with a reference: how far off, and how far is allowed. */
export interface Check {
  readonly what: string
  readonly deviation: number
  readonly tolerance: number
}

export function passes(check: Check): boolean {
  return check.deviation <= check.tolerance
}

/** max |a - b|. Arrays of unlike length are infinitely far apart. */
export function absoluteDeviation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i])
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
  }
  return worst
}

/** max |a - b| / max |b|. */
export function relativeDeviation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let size = 0
  for (let i = 0; i < b.length; i++) size = Math.max(size, Math.abs(b[i]))
  const difference = absoluteDeviation(a, b)
  return difference === 0 ? 0 : difference / size
}

/** max over i of |a[i] - b[i]| / |b[i]|, where |b[i]| is at least `floor`. */
export function elementwiseDeviation(a: ArrayLike<number>, b: ArrayLike<number>, floor: number): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let worst = 0
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]) / Math.max(Math.abs(b[i]), floor)
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
  }
  return worst
}
