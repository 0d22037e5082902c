/** A straight map from values to places. */
export interface Scale {
  (value: number): number
  ticks: number[]
  /** A tick's value as text, all with the same number of decimals. */
  label(value: number): string
}

/**
 * Round values that cover a range: steps of 1, 2 or 5 times a power of ten.
 * @param whole no steps below 1, for epochs
 */
export function niceTicks(low: number, high: number, count: number, whole = false): number[] {
  const span = high > low ? high - low : Math.abs(high) || 1
  const rough = span / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = Math.max(
    whole ? 1 : 0,
    [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999)!,
  )
  const first = Math.floor(low / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

/** Maps the range of the ticks to from..to. */
export function scaleOver(ticks: number[], from: number, to: number): Scale {
  return scaleOf(ticks[0], ticks[ticks.length - 1], ticks, from, to)
}

/** Maps low..high to from..to, with the round values that lie between; a range of a single value is put amid. */
export function scaleWithin(low: number, high: number, from: number, to: number, whole = false): Scale {
  if (low === high) return scaleOf(low - 1, low + 1, [low], from, to)
  const ticks = niceTicks(low, high, 6, whole).filter((tick) => tick >= low && tick <= high)
  return scaleOf(low, high, ticks, from, to)
}

function scaleOf(low: number, high: number, ticks: number[], from: number, to: number): Scale {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9))
  const map = (value: number) => from + ((value - low) / (high - low)) * (to - from)
  return Object.assign(map, { ticks, label: (value: number) => value.toFixed(decimals) })
}
