/** Cosines of the 8-point transform, times 2^13. */
const c0298 = 2446
const c0390 = 3196
const c0541 = 4433
const c0765 = 6270
const c0899 = 7373
const c1175 = 9633
const c1501 = 12299
const c1847 = 15137
const c1961 = 16069
const c2053 = 16819
const c2562 = 20995
const c3072 = 25172

/**
 * The inverse cosine transform of one block, in the integer arithmetic of 13 bits that most decoders share (Loeffler,
 * Ligtenberg and Moschytz 1989), so that pixels come out alike.
 * @param coefficients 64 from `from` on, row by row
 * @param quantisation [64], what they are multiplied by
 * @param out receives 8 rows of 8 values in 0..255, `stride` apart, from `to` on
 * @param work [64], scratch
 */
export function inverseDct(
  coefficients: Int16Array,
  from: number,
  quantisation: Uint16Array,
  out: Uint8Array,
  to: number,
  stride: number,
  work: Int32Array,
): void {
  for (let column = 0; column < 8; column++) {
    for (let row = 0; row < 8; row++) {
      work[row * 8 + column] = coefficients[from + row * 8 + column] * quantisation[row * 8 + column]
    }
    eightPoints(work, column, 8, 11)
  }
  for (let row = 0; row < 8; row++) {
    eightPoints(work, row * 8, 1, 18)
    for (let column = 0; column < 8; column++) {
      const value = work[row * 8 + column] + 128
      out[to + row * stride + column] = value < 0 ? 0 : value > 255 ? 255 : value
    }
  }
}

/** One row or column in place; sums are rounded and shifted down by `shift`. */
function eightPoints(v: Int32Array, at: number, step: number, shift: number): void {
  const [i0, i1, i2, i3] = [v[at], v[at + step], v[at + 2 * step], v[at + 3 * step]]
  const [i4, i5, i6, i7] = [v[at + 4 * step], v[at + 5 * step], v[at + 6 * step], v[at + 7 * step]]
  const half = 1 << (shift - 1)

  const even = (i2 + i6) * c0541
  const low = even - i6 * c1847
  const high = even + i2 * c0765
  const sum = (i0 + i4) * 8192 + half
  const difference = (i0 - i4) * 8192 + half
  const e0 = sum + high
  const e3 = sum - high
  const e1 = difference + low
  const e2 = difference - low

  const odd = (i7 + i3 + i5 + i1) * c1175
  const z1 = (i7 + i1) * -c0899
  const z2 = (i5 + i3) * -c2562
  const z3 = (i7 + i3) * -c1961 + odd
  const z4 = (i5 + i1) * -c0390 + odd
  const o0 = i7 * c0298 + z1 + z3
  const o1 = i5 * c2053 + z2 + z4
  const o2 = i3 * c3072 + z2 + z3
  const o3 = i1 * c1501 + z1 + z4

  v[at] = (e0 + o3) >> shift
  v[at + 7 * step] = (e0 - o3) >> shift
  v[at + step] = (e1 + o2) >> shift
  v[at + 6 * step] = (e1 - o2) >> shift
  v[at + 2 * step] = (e2 + o1) >> shift
  v[at + 5 * step] = (e2 - o1) >> shift
  v[at + 3 * step] = (e3 + o0) >> shift
  v[at + 4 * step] = (e3 - o0) >> shift
}
