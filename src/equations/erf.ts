/** Where the series would lose digits, and the continued fraction does not yet. */
const far = 2.5

/** The error function, to some 15 digits. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x
  const a = Math.abs(x)
  if (a < far) return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * series(x)
  return Math.sign(x) * (1 - complement(a))
}

/** x + 2 x^3 / 3 + 4 x^5 / 15 + ..., whose terms are all of one sign. */
function series(x: number): number {
  let [sum, term] = [x, x]
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1)
    sum += term
  }
  return sum
}

/** 1 - erf(x) for large x, from the end of its continued fraction. */
function complement(x: number): number {
  if (x > 6) return 0
  let below = x
  for (let n = 60; n >= 1; n--) below = x + n / 2 / below
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * below)
}
