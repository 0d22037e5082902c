import type { PureOp } from './arithmetic.ts'
import type { ProgramBuilder } from './builder.ts'
import type { ValueId } from './program.ts'

/** The operations that derivative rules are written with. Zeros, ones and double negations are folded away. */
export interface Calculus {
  readonly constant: (value: number) => ValueId
  readonly add: (a: ValueId, b: ValueId) => ValueId
  readonly sub: (a: ValueId, b: ValueId) => ValueId
  readonly mul: (a: ValueId, b: ValueId) => ValueId
  readonly div: (a: ValueId, b: ValueId) => ValueId
  readonly neg: (a: ValueId) => ValueId
  readonly pow: (a: ValueId, exponent: number) => ValueId
  readonly apply: (op: PureOp, args: readonly ValueId[]) => ValueId
  /** The surrogate's derivative at v, window included. */
  readonly surrogate: (v: ValueId) => ValueId
}

export function calculusOn(builder: ProgramBuilder, surrogate: (v: ValueId) => ValueId): Calculus {
  const is = (id: ValueId, number: number) => builder.numberAt(id) === number
  const constant = (value: number) => builder.constant(value)
  /** What is behind a negation, or undefined. */
  const negated = (id: ValueId) => {
    const { op, args } = builder.instructions[id]
    return op === 'neg' ? args[0] : undefined
  }
  const neg = (a: ValueId): ValueId => negated(a) ?? builder.apply('neg', [a])
  const add = (a: ValueId, b: ValueId): ValueId => {
    if (is(a, 0)) return b
    if (is(b, 0)) return a
    const less = negated(b)
    return less === undefined ? builder.apply('add', [a, b]) : builder.apply('sub', [a, less])
  }
  const sub = (a: ValueId, b: ValueId): ValueId => {
    if (is(b, 0)) return a
    return is(a, 0) ? neg(b) : builder.apply('sub', [a, b])
  }
  const mul = (a: ValueId, b: ValueId): ValueId => {
    if (is(a, 0) || is(b, 0)) return constant(0)
    if (is(a, 1)) return b
    if (is(b, 1)) return a
    if (is(a, -1)) return neg(b)
    return is(b, -1) ? neg(a) : builder.apply('mul', [a, b])
  }
  const div = (a: ValueId, b: ValueId): ValueId => {
    if (is(a, 0)) return a
    return is(b, 1) ? a : builder.apply('div', [a, b])
  }
  const pow = (a: ValueId, exponent: number): ValueId => {
    if (exponent === 0) return constant(1)
    return exponent === 1 ? a : builder.apply('pow', [a], exponent)
  }
  return { constant, add, sub, mul, div, neg, pow, apply: (op, args) => builder.apply(op, args), surrogate }
}
