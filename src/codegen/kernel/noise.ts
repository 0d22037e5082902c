import { noiseNumbers } from '../../equations/index.ts'
import { f32x4, i32, i32x4, type Value, v128 } from './value.ts'
import type { Writer } from './writer.ts'

/** `noise()` on vectors: what `equations/noise.ts` computes, operation for operation, so that not a bit differs. */
type Vectors = readonly Value[]

/** The finaliser of murmur3. */
function mixed(w: Writer, h: Vectors): Vectors {
  const folded = (a: Vectors, by: number) => w.each(a, (v) => v128.xor(v, i32x4.shrU(v, i32.const(by))))
  const times = (a: Vectors, factor: number) => w.each(a, (v) => i32x4.mul(v, w.integerConstant(factor)))
  return folded(times(folded(times(folded(h, 16), noiseNumbers.first), 13), noiseNumbers.second), 16)
}

/** Never fused, unlike that of other functions. */
function horner(w: Writer, x: Vectors, [first, ...rest]: readonly number[]): Vectors {
  let sum: Vectors = x.map(() => w.constant(first))
  for (const c of rest) {
    const last = sum
    sum = w.each(x, (a, i) => f32x4.add(f32x4.mul(last[i], a), w.constant(c)))
  }
  return sum
}

/** ln(n / 2^24) for whole numbers from 1 to 2^24, as float32. */
function logarithm(w: Writer, n: Vectors): Vectors {
  const { half, lowTwo, highTwo } = noiseNumbers
  const digits = w.each(n, (a) => i32x4.sub(i32x4.shrU(a, i32.const(23)), w.integerConstant(126 + 24)))
  const mantissa = w.each(n, (a) => v128.or(v128.and(a, w.integerConstant(0x007fffff)), w.constant(0.5)))
  const small = w.each(mantissa, (a) => f32x4.lt(a, w.constant(half)))
  const exponent = w.each(digits, (a, i) => f32x4.fromInteger(i32x4.add(a, small[i])))
  const m = w.each(mantissa, (a, i) => f32x4.sub(f32x4.add(a, v128.and(small[i], a)), w.constant(1)))
  const z = w.each(m, (a) => f32x4.mul(a, a))
  const p = horner(w, m, noiseNumbers.logarithm)
  const cubic = w.each(p, (a, i) => f32x4.mul(f32x4.mul(a, m[i]), z[i]))
  const corrected = w.each(cubic, (a, i) => f32x4.add(a, f32x4.mul(exponent[i], w.constant(lowTwo))))
  const tail = w.each(corrected, (a, i) => f32x4.sub(a, f32x4.mul(z[i], w.constant(0.5))))
  const near = w.each(tail, (a, i) => f32x4.add(m[i], a))
  return w.each(near, (a, i) => f32x4.add(a, f32x4.mul(exponent[i], w.constant(highTwo))))
}

/**
 * Standard normal numbers.
 * @param neurons the neurons' numbers, as integers
 * @param keys the draw's two words, in every lane
 */
export function noise(w: Writer, neurons: Vectors, keys: readonly [Value, Value]): Vectors {
  const { step, again, angle } = noiseNumbers
  const placed = w.each(neurons, (i) => i32x4.add(i32x4.mul(i, w.integerConstant(step)), keys[0]))
  const a = mixed(w, placed)
  const b = mixed(
    w,
    w.each(a, (h) => v128.xor(h, keys[1])),
  )
  const c = mixed(
    w,
    w.each(b, (h) => i32x4.add(h, w.integerConstant(again))),
  )
  const upper = (h: Value) => i32x4.shrU(h, i32.const(8))
  const n = w.each(b, (h) => f32x4.fromInteger(i32x4.add(upper(h), w.integerConstant(1))))
  const radius = w.each(logarithm(w, n), (l) => f32x4.sqrt(f32x4.mul(w.constant(-2), l)))
  const centred = w.each(c, (h) => f32x4.fromInteger(i32x4.sub(upper(h), w.integerConstant(2 ** 23))))
  const r = w.each(centred, (v) => f32x4.mul(v, w.constant(angle)))
  const z = w.each(r, (v) => f32x4.mul(v, v))
  const scaled = w.each(horner(w, z, noiseNumbers.sine), (p, i) => f32x4.mul(f32x4.mul(p, z[i]), r[i]))
  const sine = w.each(scaled, (p, i) => f32x4.add(p, r[i]))
  const curved = w.each(horner(w, z, noiseNumbers.cosine), (p, i) => f32x4.mul(f32x4.mul(p, z[i]), z[i]))
  const cosine = w.each(curved, (p, i) => f32x4.add(f32x4.sub(p, f32x4.mul(z[i], w.constant(0.5))), w.constant(1)))
  const isOdd = w.each(c, (h) => i32x4.eq(v128.and(h, w.integerConstant(1)), w.integerConstant(1)))
  const along = w.each(isOdd, (mask, i) => v128.select(sine[i], cosine[i], mask))
  const size = w.each(radius, (a, i) => f32x4.mul(a, along[i]))
  return w.each(size, (a, i) => v128.xor(a, i32x4.shl(v128.and(c[i], w.integerConstant(2)), i32.const(30))))
}
