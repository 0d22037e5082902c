import { f32x4, i32, i32x4, type Value, v128, type Writer } from './writer.ts'

/**
 * Elementary functions on four float32 lanes, within 2 units in the last place of the true value over the range that
 * neurons use. Arguments are clamped so that no sigmoid overflows. Multiply and add stay separate: the bits must not
 * depend on whether the host fuses them.
 */
const one = f32x4.const(1)

/** Polynomial c0 x^n + c1 x^(n-1) + ... by Horner's rule. */
function horner(w: Writer, x: Value, coefficients: readonly number[]): Value {
  const sum = w.v128(f32x4.const(coefficients[0]))
  for (const c of coefficients.slice(1)) w.set(sum, f32x4.add(f32x4.mul(sum, x), f32x4.const(c)))
  return sum
}

/** e^x for x in about [-87, 88]; beyond, the value at the end. Range reduction by ln 2, polynomial after Cephes. */
export function exp(w: Writer, x: Value): Value {
  const z = w.v128(f32x4.max(f32x4.min(x, f32x4.const(88)), f32x4.const(-87)))
  // Adding 1.5 * 2^23 rounds to an integer, which then stands in the low bits of the float.
  const magic = 12582912
  const shifted = w.v128(f32x4.add(f32x4.mul(z, f32x4.const(Math.LOG2E)), f32x4.const(magic)))
  const n = w.v128(f32x4.sub(shifted, f32x4.const(magic)))
  const r = w.v128(f32x4.sub(z, f32x4.mul(n, f32x4.const(0.693359375))))
  w.set(r, f32x4.sub(r, f32x4.mul(n, f32x4.const(-2.12194440e-4))))
  const p = horner(w, r, [1.9875691e-4, 1.3981999e-3, 8.3334519e-3, 4.1665796e-2, 1.6666665e-1, 0.5])
  const y = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), one)
  return w.v128(i32x4.add(y, i32x4.shl(shifted, i32.const(23))))
}

/** 1 / (1 + e^-x) */
export function sigmoid(w: Writer, x: Value): Value {
  const e = exp(w, f32x4.neg(x))
  return w.v128(f32x4.div(one, f32x4.add(one, e)))
}

/** tanh: odd polynomial near 0, where the quotient of exponentials would cancel. */
export function tanh(w: Writer, x: Value): Value {
  const a = w.v128(f32x4.abs(x))
  const e = exp(w, f32x4.mul(f32x4.const(2), a))
  const far = f32x4.sub(one, f32x4.div(f32x4.const(2), f32x4.add(e, one)))
  const z = w.v128(f32x4.mul(x, x))
  const p = horner(w, z, [-5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1])
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x)
  const signed = v128.or(far, v128.and(x, i32x4.const(-0x80000000)))
  return w.v128(v128.select(near, signed, f32x4.lt(a, f32x4.const(0.625))))
}

/** Natural logarithm, polynomial after Cephes; log(0) = -inf, log of a negative number = NaN. */
export function log(w: Writer, x: Value): Value {
  const value = w.v128(f32x4.max(x, f32x4.const(1.17549435e-38)))
  const exponent = w.v128(
    f32x4.fromInteger(i32x4.sub(i32x4.shrU(value, i32.const(23)), i32x4.const(126))),
  )
  const mantissa = w.v128(v128.or(v128.and(value, i32x4.const(0x007fffff)), f32x4.const(0.5)))
  const small = w.v128(f32x4.lt(mantissa, f32x4.const(Math.SQRT1_2)))
  w.set(exponent, f32x4.sub(exponent, v128.and(small, one)))
  const m = w.v128(f32x4.sub(f32x4.add(mantissa, v128.and(small, mantissa)), one))
  const z = w.v128(f32x4.mul(m, m))
  const p = horner(w, m, [
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ])
  const tail = f32x4.sub(
    f32x4.add(f32x4.mul(f32x4.mul(p, m), z), f32x4.mul(exponent, f32x4.const(-2.12194440e-4))),
    f32x4.mul(z, f32x4.const(0.5)),
  )
  const sum = w.v128(f32x4.add(f32x4.add(m, tail), f32x4.mul(exponent, f32x4.const(0.693359375))))
  const atZero = w.v128(v128.select(f32x4.const(Number.NEGATIVE_INFINITY), sum, f32x4.eq(x, f32x4.const(0))))
  return w.v128(v128.select(f32x4.const(Number.NaN), atZero, f32x4.lt(x, f32x4.const(0))))
}
