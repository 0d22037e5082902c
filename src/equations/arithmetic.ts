import { erf } from './erf.ts'
import type { AdjointOp, ForwardOp, ValueId } from './program.ts'

/** Reads its arguments from `values` and writes its result there. */
export type Step = (values: Float64Array) => void

/** Ops that need nothing but their arguments. */
export type PureOp = Exclude<
  ForwardOp | AdjointOp,
  'constant' | 'input' | 'state' | 'parameter' | 'noise' | 'outputGradient' | 'stateGradient'
>

type Compile = (to: ValueId, args: readonly ValueId[], value: number) => Step

/** 1 / (1 + exp(-v)) that neither overflows nor loses small values. */
export function sigmoid(v: number): number {
  if (v >= 0) return 1 / (1 + Math.exp(-v))
  const e = Math.exp(v)
  return e / (1 + e)
}

/** The nearest whole number; of two equally near the even one, as processors round. */
function roundToEven(a: number): number {
  const below = Math.floor(a)
  if (a - below !== 0.5) return Math.round(a)
  return below % 2 === 0 ? below : below + 1
}

const unary =
  (f: (a: number) => number): Compile =>
  (to, [a]) =>
  (v) => {
    v[to] = f(v[a])
  }

const binary =
  (f: (a: number, b: number) => number): Compile =>
  (to, [a, b]) =>
  (v) => {
    v[to] = f(v[a], v[b])
  }

/** What each op computes, in float64. The four commonest are written out, for speed. */
export const arithmetic: { readonly [op in PureOp]: Compile } = {
  add:
    (to, [a, b]) =>
    (v) => {
      v[to] = v[a] + v[b]
    },
  sub:
    (to, [a, b]) =>
    (v) => {
      v[to] = v[a] - v[b]
    },
  mul:
    (to, [a, b]) =>
    (v) => {
      v[to] = v[a] * v[b]
    },
  div:
    (to, [a, b]) =>
    (v) => {
      v[to] = v[a] / v[b]
    },
  neg: unary((a) => -a),
  pow:
    (to, [a], n) =>
    (v) => {
      v[to] = v[a] ** n
    },
  sigmoid: unary(sigmoid),
  tanh: unary(Math.tanh),
  exp: unary(Math.exp),
  log: unary(Math.log),
  relu: unary((a) => Math.max(a, 0)),
  abs: unary(Math.abs),
  sqrt: unary(Math.sqrt),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  erf: unary(erf),
  floor: unary(Math.floor),
  round: unary(roundToEven),
  where:
    (to, [a, b, c]) =>
    (v) => {
      v[to] = v[a] >= 0 ? v[b] : v[c]
    },
  min: binary(Math.min),
  max: binary(Math.max),
  spike: unary((a) => (a >= 0 ? 1 : 0)),
  detach: unary((a) => a),
  window:
    (to, [a], half) =>
    (v) => {
      v[to] = Math.abs(v[a]) <= half ? 1 : 0
    },
  positive: unary((a) => (a > 0 ? 1 : 0)),
  sign: unary(Math.sign),
  less: binary((a, b) => (a < b ? 1 : 0)),
  lessOrEqual: binary((a, b) => (a <= b ? 1 : 0)),
}

/** The value of one pure instruction with numbers for arguments. */
export function calculate(op: PureOp, args: readonly number[], value = 0): number {
  const values = Float64Array.of(...args, 0)
  arithmetic[op](
    args.length,
    args.map((_, i) => i),
    value,
  )(values)
  return values[args.length]
}

/** True for an op that takes its arguments from other instructions and nothing else. */
export function isPureOp(op: ForwardOp | AdjointOp): op is PureOp {
  return Object.hasOwn(arithmetic, op)
}
