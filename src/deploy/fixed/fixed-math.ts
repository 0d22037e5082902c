/** Sigmoid from 0 on, in steps of 1/16; from 12 on it is 1. Between, straight lines: within 5e-5. */
export const sigmoidReach = 12
const perUnit = 16

/**
 * Arithmetic on whole numbers that stand for fractions of 2^bits, as programs in C do it, to the bit. Whatever leaves ±2^27
 * stays at that limit.
 */
export class FixedMath {
  readonly bits: number
  /** What stands for 1. */
  readonly one: number
  static readonly limit = 2 ** 27
  readonly sigmoidTable: Int32Array

  constructor(bits: number) {
    this.bits = bits
    this.one = 2 ** bits
    const entries = sigmoidReach * perUnit + 1
    this.sigmoidTable = Int32Array.from({ length: entries }, (_, i) => this.from(1 / (1 + Math.exp(-i / perUnit))))
  }

  limited(value: number): number {
    return Math.min(Math.max(value, -FixedMath.limit), FixedMath.limit)
  }

  from(value: number): number {
    return this.limited(Math.floor(value * this.one + 0.5))
  }

  sum(a: number, b: number): number {
    return this.limited(a + b)
  }

  times(a: number, b: number): number {
    return this.limited(shifted(a, b, this.bits))
  }

  divided(a: number, b: number): number {
    if (b === 0) return a < 0 ? -FixedMath.limit : FixedMath.limit
    return this.limited(Math.trunc((a * this.one) / b))
  }

  floor(a: number): number {
    return Math.floor(a / this.one) * this.one
  }

  /** Halves go to the even neighbour. */
  round(a: number): number {
    const odd = Math.abs(Math.floor(a / this.one) % 2)
    return this.floor(a + this.one / 2 - 1 + odd)
  }

  sigmoid(a: number): number {
    const [size, step] = [Math.abs(a), this.one / perUnit]
    let found = this.one
    if (size < sigmoidReach * this.one) {
      const at = Math.floor(size / step)
      const [left, right] = [this.sigmoidTable[at], this.sigmoidTable[at + 1]]
      found = left + Math.floor(((right - left) * (size % step)) / step)
    }
    return a < 0 ? this.one - found : found
  }

  tanh(a: number): number {
    return 2 * this.sigmoid(this.limited(2 * a)) - this.one
  }

  power(a: number, n: number): number {
    let product = this.one
    for (let k = 0; k < Math.abs(n); k++) product = k === 0 ? a : this.times(product, a)
    return n < 0 ? this.divided(this.one, product) : product
  }
}

/** a * b / 2^bits, halves up; exact beyond the whole numbers that a double holds. */
export function shifted(a: number, b: number, bits: number): number {
  const product = a * b
  if (Math.abs(product) < 2 ** 51) return Math.floor((product + 2 ** (bits - 1)) / 2 ** bits)
  return Number((BigInt(a) * BigInt(b) + (1n << BigInt(bits - 1))) >> BigInt(bits))
}

/** A number with fewer fraction bits, no larger than `most`. */
export function reduced(value: number, most: number, bits: number): number {
  const held = Math.min(Math.max(value, -most), most)
  return bits === 0 ? held : Math.floor((held + 2 ** (bits - 1)) / 2 ** bits)
}
