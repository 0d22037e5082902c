import { hash32 } from '../base/index.ts'
import type { Instruction } from './program.ts'

/**
 * `noise()`: standard normal numbers that depend on a key, the step, the place in the equations and the neuron alone, so that
 * any number of threads, a resumed run and the way back draw the same. Integers are hashed; the hash becomes a number (Box
 * and Muller 1958) by operations that float32 rounds alike everywhere, so that interpreter, WebAssembly and machine code
 * agree to the last bit.
 */

/** Which numbers a run draws. */
export interface NoiseRun {
  /** Names layer, run and update. */
  readonly key: number
  /** How many steps came before the run's first. */
  readonly step: number
}

/** How many numbers a neuron draws in a step. */
export function noisePlaces(instructions: readonly Instruction[]): number {
  return Math.max(0, ...instructions.map(({ op, index = 0 }) => (op === 'noise' ? index + 1 : 0)))
}

/** What a step's draw adds to its hashes: two words for each of the places in the equations. */
export function noiseKeys(run: NoiseRun, t: number, place: number, places: number): [number, number] {
  const draw = hash32((run.step + t) * places + place, run.key)
  return [hash32(draw, run.key ^ 0x27d4eb2f), hash32(draw, run.key ^ 0x165667b1)]
}

/** What the transform is made of; kernels write the same operations in the same order. */
export const noiseNumbers = {
  step: 0x9e3779b1,
  first: 0x85ebca6b,
  second: 0xc2b2ae35,
  again: 0x9e3779b9,
  /** Natural logarithm, after Cephes: coefficients of x^8 to x^0. */
  logarithm: [
    7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
    2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
  ].map(Math.fround),
  half: Math.fround(Math.SQRT1_2),
  lowTwo: Math.fround(-2.1219444e-4),
  highTwo: 0.693359375,
  /** What a whole number of 24 bits becomes an eighth of a turn by, either way. */
  angle: Math.fround((Math.PI / 2) * 2 ** -24),
  sine: [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1].map(Math.fround),
  cosine: [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2].map(Math.fround),
} as const

const f = Math.fround

/** The finaliser of murmur3. */
function mixed(h: number): number {
  let m = Math.imul(h ^ (h >>> 16), noiseNumbers.first)
  m = Math.imul(m ^ (m >>> 13), noiseNumbers.second)
  return (m ^ (m >>> 16)) >>> 0
}

function horner(x: number, [first, ...rest]: readonly number[]): number {
  return rest.reduce((sum, c) => f(f(sum * x) + c), first)
}

/** ln(n / 2^24) for a whole number from 1 to 2^24. */
function logarithm(n: number): number {
  const { half, lowTwo, highTwo } = noiseNumbers
  const digits = 32 - Math.clz32(n)
  const mantissa = n / 2 ** digits
  const small = mantissa < half
  const exponent = digits - 24 - (small ? 1 : 0)
  const m = small ? mantissa + mantissa - 1 : mantissa - 1
  const z = f(m * m)
  const cubic = f(f(horner(m, noiseNumbers.logarithm) * m) * z)
  const corrected = f(cubic + f(exponent * lowTwo))
  const near = f(m + f(corrected - f(z * 0.5)))
  return f(near + f(exponent * highTwo))
}

/** A standard normal number, as float32. @param i the neuron's number in its layer, over the whole batch */
export function noiseValue([first, second]: readonly [number, number], i: number): number {
  const { step, again, angle } = noiseNumbers
  const a = mixed((Math.imul(i, step) + first) | 0)
  const b = mixed((a ^ second) | 0)
  const c = mixed((b + again) | 0)
  const radius = f(Math.sqrt(f(-2 * logarithm((b >>> 8) + 1))))
  const r = f(((c >>> 8) - 2 ** 23) * angle)
  const z = f(r * r)
  const sine = f(f(f(horner(z, noiseNumbers.sine) * z) * r) + r)
  const cosine = f(f(f(f(horner(z, noiseNumbers.cosine) * z) * z) - f(z * 0.5)) + 1)
  const along = c & 1 ? sine : cosine
  return f(radius * (c & 2 ? -along : along))
}
