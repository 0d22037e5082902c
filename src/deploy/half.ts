/** The 16 bits of the nearest float16; of two equally near the even one. */
export function halfBits(value: number): number {
  const float = Math.fround(value)
  const sign = float < 0 || Object.is(float, -0) ? 0x8000 : 0
  const size = Math.abs(float)
  if (Number.isNaN(float)) return 0x7e00
  if (size >= 65520) return sign | 0x7c00
  // Below the smallest normal number all are multiples of 2 ** -24.
  const exponent = Math.max(-14, Math.floor(Math.log2(size || 2 ** -24)))
  const unit = 2 ** (exponent - 10)
  const count = roundEven(size / unit)
  if (exponent === -14) return sign | count
  return sign | (((exponent + 15) << 10) + (count - 1024))
}

/** The number that 16 bits of a float16 stand for. */
export function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}

function roundEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}
