import { f32x4, i32, i32x4, type Value, v128, type Writer } from './writer.ts'

/**
 * Elementary functions on four float32 lanes, within 2 units in the last place of the true value over the range that
 * neurons use. Arguments are clamped so that no sigmoid overflows.
 */
/** Polynomial c0 x^n + c1 x^(n-1) + ... by Horner's rule. */
function horner(w: Writer, x: Value, coefficients: readonly number[]): Value {
  const sum = w.v128(w.constant(coefficients[0]))
  for (const c of coefficients.slice(1)) w.set(sum, w.multiplyAdd(sum, x, w.constant(c)))
  return sum
}

/** e^x for x in about [-87, 88]; beyond, the value at the end. Range reduction by ln 2, polynomial after Cephes. */
export function exp(w: Writer, x: Value): Value {
  const z = w.v128(f32x4.max(f32x4.min(x, w.constant(88)), w.constant(-87)))
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the float.
  const magic = 12582912
  const shifted = w.v128(w.multiplyAdd(z, w.constant(Math.LOG2E), w.constant(magic)))
  const n = w.v128(f32x4.sub(shifted, w.constant(magic)))
  const r = w.v128(w.multiplyAdd(n, w.constant(-0.693359375), z))
  w.set(r, w.multiplyAdd(n, w.constant(2.1219444e-4), r))
  // In pairs (Estrin), since a chain of six steps would wait for itself.
  const r2 = w.v128(f32x4.mul(r, r))
  const pair = (high: number, low: number) => w.v128(w.multiplyAdd(r, w.constant(high), w.constant(low)))
  const top = w.multiplyAdd(pair(1.9875691e-4, 1.3981999e-3), r2, pair(8.3334519e-3, 4.1665796e-2))
  const p = w.multiplyAdd(top, r2, pair(1.6666665e-1, 0.5))
  const y = w.multiplyAdd(p, r2, f32x4.add(r, w.constant(1)))
  return w.v128(i32x4.add(y, i32x4.shl(shifted, i32.const(23))))
}

/** 1 / (1 + e^-x) */
export function sigmoid(w: Writer, x: Value): Value {
  const e = exp(w, f32x4.neg(x))
  return w.v128(f32x4.div(w.constant(1), f32x4.add(w.constant(1), e)))
}

/** tanh: odd polynomial near 0, where the quotient of exponentials would cancel. */
export function tanh(w: Writer, x: Value): Value {
  const a = w.v128(f32x4.abs(x))
  const e = exp(w, f32x4.mul(w.constant(2), a))
  const far = f32x4.sub(w.constant(1), f32x4.div(w.constant(2), f32x4.add(e, w.constant(1))))
  const z = w.v128(f32x4.mul(x, x))
  const p = horner(w, z, [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1])
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x)
  const signed = v128.or(far, v128.and(x, w.integerConstant(-0x80000000)))
  return w.v128(v128.select(near, signed, f32x4.lt(a, w.constant(0.625))))
}

/** Natural logarithm, polynomial after Cephes; log(0) = -inf, log of a negative number = NaN. */
export function log(w: Writer, x: Value): Value {
  const value = w.v128(f32x4.max(x, w.constant(1.17549435e-38)))
  const exponent = w.v128(f32x4.fromInteger(i32x4.sub(i32x4.shrU(value, i32.const(23)), w.integerConstant(126))))
  const mantissa = w.v128(v128.or(v128.and(value, w.integerConstant(0x007fffff)), w.constant(0.5)))
  const small = w.v128(f32x4.lt(mantissa, w.constant(Math.SQRT1_2)))
  w.set(exponent, f32x4.sub(exponent, v128.and(small, w.constant(1))))
  const m = w.v128(f32x4.sub(f32x4.add(mantissa, v128.and(small, mantissa)), w.constant(1)))
  const z = w.v128(f32x4.mul(m, m))
  const p = horner(
    w,
    m,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  )
  const tail = f32x4.sub(
    f32x4.add(f32x4.mul(f32x4.mul(p, m), z), f32x4.mul(exponent, w.constant(-2.1219444e-4))),
    f32x4.mul(z, w.constant(0.5)),
  )
  const sum = w.v128(f32x4.add(f32x4.add(m, tail), f32x4.mul(exponent, w.constant(0.693359375))))
  const atZero = w.v128(v128.select(w.constant(Number.NEGATIVE_INFINITY), sum, f32x4.eq(x, w.constant(0))))
  return w.v128(v128.select(w.constant(Number.NaN), atZero, f32x4.lt(x, w.constant(0))))
}
