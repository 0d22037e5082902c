import { float16 } from './float16.ts'

/** Reads a narrow float from its bits. */
type FromBits = (bits: number) => number

/** The upper half of a float32. */
const bfloat16: FromBits = (bits) => new Float32Array(Uint32Array.of(bits << 16).buffer)[0]

/** 8 bits, 4 of them exponent: no infinities, and NaN where all others are set. */
const float8e4m3: FromBits = (bits) => {
  const [exponent, fraction] = [(bits >> 3) & 15, bits & 7]
  if (exponent === 15 && fraction === 7) return Number.NaN
  const size = exponent === 0 ? fraction * 2 ** -9 : (8 + fraction) * 2 ** (exponent - 10)
  return bits & 0x80 ? -size : size
}

/** 8 bits, 5 of them exponent: the upper half of a float16. */
const float8e5m2: FromBits = (bits) => float16(bits << 8)

/** Floats narrower than float32, by the names that file formats give them: how many bytes, and what the bits mean. */
export const narrowFloats = {
  F16: { bytes: 2, fromBits: float16 },
  BF16: { bytes: 2, fromBits: bfloat16 },
  F8_E4M3: { bytes: 1, fromBits: float8e4m3 },
  F8_E5M2: { bytes: 1, fromBits: float8e5m2 },
} as const
