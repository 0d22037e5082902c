import { f32x4, i32, i32x4, type Value, v128 } from './value.ts'
import type { Writer } from './writer.ts'

/**
 * Elementary functions on vectors of four float32 lanes, within 2 units in the last place of the true value over the range
 * that neurons use. Arguments are clamped so that no sigmoid overflows. Each takes several vectors and goes through them
 * step by step: one vector's chain of operations would leave the machine waiting.
 */
type Vectors = readonly Value[]

/** Polynomial c0 x^n + c1 x^(n-1) + ... by Horner's rule. */
function horner(w: Writer, x: Vectors, coefficients: readonly number[]): Vectors {
  let sum: Vectors = x.map(() => w.constant(coefficients[0]))
  for (const c of coefficients.slice(1)) {
    const last = sum
    sum = w.each(x, (a, i) => w.multiplyAdd(last[i], a, w.constant(c)))
  }
  return sum
}

/** e^x for x in about [-87, 88]; beyond, the value at the end. Range reduction by ln 2, polynomial after Cephes. */
export function exp(w: Writer, x: Vectors): Vectors {
  const z = w.each(x, (a) => f32x4.max(f32x4.min(a, w.constant(88)), w.constant(-87)))
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the float.
  const magic = 12582912
  const shifted = w.each(z, (a) => w.multiplyAdd(a, w.constant(Math.LOG2E), w.constant(magic)))
  const n = w.each(shifted, (a) => f32x4.sub(a, w.constant(magic)))
  const rough = w.each(n, (a, i) => w.multiplyAdd(a, w.constant(-0.693359375), z[i]))
  const r = w.each(n, (a, i) => w.multiplyAdd(a, w.constant(2.1219444e-4), rough[i]))
  // In pairs (Estrin), since a chain of six steps would wait for itself.
  const r2 = w.each(r, (a) => f32x4.mul(a, a))
  const pair = (high: number, low: number) => w.each(r, (a) => w.multiplyAdd(a, w.constant(high), w.constant(low)))
  const [high, middle, low] = [
    pair(1.9875691e-4, 1.3981999e-3),
    pair(8.3334519e-3, 4.1665796e-2),
    pair(1.6666665e-1, 0.5),
  ]
  const top = w.each(r2, (a, i) => w.multiplyAdd(high[i], a, middle[i]))
  const p = w.each(r2, (a, i) => w.multiplyAdd(top[i], a, low[i]))
  const y = w.each(r2, (a, i) => w.multiplyAdd(p[i], a, f32x4.add(r[i], w.constant(1))))
  return w.each(y, (a, i) => i32x4.add(a, i32x4.shl(shifted[i], i32.const(23))))
}

/** 1 / (1 + e^-x) */
export function sigmoid(w: Writer, x: Vectors): Vectors {
  const e = exp(
    w,
    x.map((a) => f32x4.neg(a)),
  )
  return w.each(e, (a) => f32x4.div(w.constant(1), f32x4.add(w.constant(1), a)))
}

/** tanh: odd polynomial near 0, where the quotient of exponentials would cancel. */
export function tanh(w: Writer, x: Vectors): Vectors {
  const a = w.each(x, (v) => f32x4.abs(v))
  const e = exp(
    w,
    a.map((v) => f32x4.mul(w.constant(2), v)),
  )
  const far = w.each(e, (v) => f32x4.sub(w.constant(1), f32x4.div(w.constant(2), f32x4.add(v, w.constant(1)))))
  const z = w.each(x, (v) => f32x4.mul(v, v))
  const p = horner(w, z, [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1])
  return w.each(x, (v, i) => {
    const near = f32x4.add(f32x4.mul(f32x4.mul(p[i], z[i]), v), v)
    const signed = v128.or(far[i], v128.and(v, w.integerConstant(-0x80000000)))
    return v128.select(near, signed, f32x4.lt(a[i], w.constant(0.625)))
  })
}

/** Natural logarithm, polynomial after Cephes; log(0) = -inf, log of a negative number = NaN. */
export function log(w: Writer, x: Vectors): Vectors {
  const value = w.each(x, (a) => f32x4.max(a, w.constant(1.17549435e-38)))
  const raw = w.each(value, (a) => f32x4.fromInteger(i32x4.sub(i32x4.shrU(a, i32.const(23)), w.integerConstant(126))))
  const mantissa = w.each(value, (a) => v128.or(v128.and(a, w.integerConstant(0x007fffff)), w.constant(0.5)))
  const small = w.each(mantissa, (a) => f32x4.lt(a, w.constant(Math.SQRT1_2)))
  const exponent = w.each(raw, (a, i) => f32x4.sub(a, v128.and(small[i], w.constant(1))))
  const m = w.each(mantissa, (a, i) => f32x4.sub(f32x4.add(a, v128.and(small[i], a)), w.constant(1)))
  const z = w.each(m, (a) => f32x4.mul(a, a))
  const p = horner(
    w,
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  )
  // In steps: AVX2 has few registers for what an expression has not used yet.
  const cubic = w.each(p, (a, i) => f32x4.mul(f32x4.mul(a, m[i]), z[i]))
  const corrected = w.each(cubic, (a, i) => f32x4.add(a, f32x4.mul(exponent[i], w.constant(-2.1219444e-4))))
  const tail = w.each(corrected, (a, i) => f32x4.sub(a, f32x4.mul(z[i], w.constant(0.5))))
  const near = w.each(tail, (a, i) => f32x4.add(m[i], a))
  const sum = w.each(near, (a, i) => f32x4.add(a, f32x4.mul(exponent[i], w.constant(0.693359375))))
  const negative = w.each(x, (a, i) => {
    return v128.select(w.constant(Number.NEGATIVE_INFINITY), sum[i], f32x4.eq(a, w.constant(0)))
  })
  return w.each(x, (a, i) => v128.select(w.constant(Number.NaN), negative[i], f32x4.lt(a, w.constant(0))))
}

export const sin = (w: Writer, x: Vectors): Vectors => circular(w, x, 0)
export const cos = (w: Writer, x: Vectors): Vectors => circular(w, x, 1)

/**
 * Sine, or what it is some quarters of a turn later. What is left of x behind the nearest quarter, taken off in three parts so
 * that no digit is lost up to some thousand turns; polynomials after Cephes.
 */
function circular(w: Writer, x: Vectors, quarters: number): Vectors {
  const turns = w.each(x, (a) => f32x4.nearest(f32x4.mul(a, w.constant(2 / Math.PI))))
  // Exact: the first two parts have few digits.
  const first = w.each(turns, (k, i) => f32x4.sub(x[i], f32x4.mul(k, w.constant(1.5703125))))
  const second = w.each(turns, (k, i) => f32x4.sub(first[i], f32x4.mul(k, w.constant(4.837512969970703e-4))))
  const r = w.each(turns, (k, i) => f32x4.sub(second[i], f32x4.mul(k, w.constant(7.549789948768648e-8))))
  // As in `exp`: the whole number then stands in the low bits of the float.
  const bits = w.each(turns, (k) => i32x4.add(f32x4.add(k, w.constant(12582912)), w.integerConstant(quarters)))
  const z = w.each(r, (a) => f32x4.mul(a, a))
  const odd = horner(w, z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])
  const even = horner(w, z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])
  const scaled = w.each(odd, (p, i) => f32x4.mul(f32x4.mul(p, z[i]), r[i]))
  const sines = w.each(scaled, (p, i) => f32x4.add(p, r[i]))
  const curved = w.each(even, (p, i) => f32x4.mul(f32x4.mul(p, z[i]), z[i]))
  const cosines = w.each(curved, (p, i) => f32x4.add(f32x4.sub(p, f32x4.mul(z[i], w.constant(0.5))), w.constant(1)))
  const isOdd = w.each(bits, (b) => i32x4.eq(v128.and(b, w.integerConstant(1)), w.integerConstant(1)))
  const chosen = w.each(isOdd, (mask, i) => v128.select(cosines[i], sines[i], mask))
  return w.each(chosen, (a, i) => v128.xor(a, i32x4.shl(v128.and(bits[i], w.integerConstant(2)), i32.const(30))))
}

/** The error function: an odd polynomial up to 1, beyond it 1 less its complement; after Cephes. */
export function erf(w: Writer, x: Vectors): Vectors {
  const a = w.each(x, (v) => f32x4.min(f32x4.abs(v), w.constant(5)))
  const z = w.each(a, (v) => f32x4.mul(v, v))
  const p = horner(
    w,
    z,
    [
      7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2, 1.128358514861418e-1,
      -3.7612625823e-1, 1.12837916572671,
    ],
  )
  const near = w.each(p, (v, i) => f32x4.mul(v, x[i]))
  const q = w.each(a, (v) => f32x4.div(w.constant(1), f32x4.max(v, w.constant(0.5))))
  const y = w.each(q, (v) => f32x4.mul(v, v))
  const middle = horner(
    w,
    y,
    [
      2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1, 6.210004621745983e-1,
      -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1, 5.638259427386472e-1,
    ],
  )
  const outer = horner(
    w,
    y,
    [
      -1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.921019019210786, -1.0152652792027,
      4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1,
    ],
  )
  const e = exp(
    w,
    z.map((v) => f32x4.neg(v)),
  )
  const part = w.each(a, (v, i) => v128.select(middle[i], outer[i], f32x4.lt(v, w.constant(2))))
  const complement = w.each(part, (v, i) => f32x4.mul(f32x4.mul(v, q[i]), e[i]))
  const rest = w.each(complement, (v) => f32x4.sub(w.constant(1), v))
  const far = w.each(rest, (v, i) => v128.or(v, v128.and(x[i], w.integerConstant(-0x80000000))))
  return w.each(far, (v, i) => v128.select(near[i], v, f32x4.lt(a[i], w.constant(1))))
}
