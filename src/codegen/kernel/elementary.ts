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
