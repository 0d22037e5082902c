import { ProgramBuilder } from './builder.ts'
import type { Adjoint, ForwardOp, Instruction, Program, Surrogate, ValueId } from './program.ts'
import { prune } from './prune.ts'
import { type Calculus, calculusOn } from './simplify.ts'
import { emitDerivative, windowOf } from './surrogates.ts'

interface Site {
  readonly args: readonly ValueId[]
  /** The forward value itself. */
  readonly y: ValueId
  readonly value: number
}

/** Gradients of an instruction's arguments, given the gradient g of its value. */
type Rule = (site: Site, g: ValueId, c: Calculus) => readonly ValueId[]

const rules: { readonly [op in ForwardOp]: Rule } = {
  constant: () => [],
  input: () => [],
  state: () => [],
  parameter: () => [],
  noise: () => [],
  detach: () => [],
  add: (_, g) => [g, g],
  sub: (_, g, { neg }) => [g, neg(g)],
  mul: ({ args: [a, b] }, g, { mul }) => [mul(g, b), mul(g, a)],
  div: ({ args: [, b], y }, g, { div, mul, neg }) => [div(g, b), neg(div(mul(g, y), b))],
  neg: (_, g, { neg }) => [neg(g)],
  pow: ({ args: [a], value: n }, g, { constant, mul, pow }) => [mul(g, mul(constant(n), pow(a, n - 1)))],
  sigmoid: ({ y }, g, { constant, mul, sub }) => [mul(g, mul(y, sub(constant(1), y)))],
  tanh: ({ y }, g, { constant, mul, sub }) => [mul(g, sub(constant(1), mul(y, y)))],
  exp: ({ y }, g, { mul }) => [mul(g, y)],
  log: ({ args: [a] }, g, { div }) => [div(g, a)],
  relu: ({ args: [a] }, g, { apply, mul }) => [mul(g, apply('positive', [a]))],
  abs: ({ args: [a] }, g, { apply, mul }) => [mul(g, apply('sign', [a]))],
  sin: ({ args: [a] }, g, { apply, mul }) => [mul(g, apply('cos', [a]))],
  cos: ({ args: [a] }, g, { apply, mul, neg }) => [neg(mul(g, apply('sin', [a])))],
  erf: ({ args: [a] }, g, { apply, constant, mul, neg }) => [
    mul(g, mul(constant(2 / Math.sqrt(Math.PI)), apply('exp', [neg(mul(a, a))]))),
  ],
  // Straight through: their own derivative is 0 almost everywhere, and teaches nothing.
  floor: (_, g) => [g],
  round: (_, g) => [g],
  where: ({ args: [v] }, g, { apply, constant }) => [
    constant(0),
    apply('where', [v, g, constant(0)]),
    apply('where', [v, constant(0), g]),
  ],
  sqrt: ({ y }, g, { constant, div, mul }) => [div(g, mul(constant(2), y))],
  min: ({ args: [a, b] }, g, { apply, mul }) => [mul(g, apply('lessOrEqual', [a, b])), mul(g, apply('less', [b, a]))],
  max: ({ args: [a, b] }, g, { apply, mul }) => [mul(g, apply('lessOrEqual', [b, a])), mul(g, apply('less', [a, b]))],
  spike: ({ args: [v] }, g, { surrogate, mul }) => [mul(g, surrogate(v))],
}

/**
 * Reverse mode through one time step: from dL/ds[t] and dL/d(states at its end) to dL/dx[t], dL/d(states before it)
 * and each parameter's share. Where `spike` stands, the surrogate's derivative is used; nothing passes `detach`.
 */
export function differentiate(program: Program, surrogate: Surrogate): Adjoint {
  const builder = new ProgramBuilder(program.instructions)
  const c = calculusOn(builder, (v) => emitSurrogate(surrogate, builder, v))
  const gradients = new Map<ValueId, ValueId>()
  const variable = variables(program.instructions)
  const give = (to: ValueId, g: ValueId) => {
    const sum = gradients.get(to)
    if (variable[to]) gradients.set(to, sum === undefined ? g : c.add(sum, g))
  }
  program.states.forEach((state, index) => {
    give(state.next, builder.source('stateGradient', index))
  })
  give(program.output, builder.source('outputGradient'))
  for (let y = program.instructions.length - 1; y >= 0; y--) {
    const g = gradients.get(y)
    if (g === undefined) continue
    const { op, args, value = 0 } = program.instructions[y]
    rules[op as ForwardOp]({ args, y, value }, g, c).forEach((share, i) => {
      give(args[i], share)
    })
  }
  const gradientOf = (op: ForwardOp, index?: number) => {
    const id = program.instructions.findIndex((found) => found.op === op && found.index === index)
    return gradients.get(id) ?? builder.constant(0)
  }
  const input = gradientOf('input')
  const states = program.states.map((_, index) => gradientOf('state', index))
  const parameters = program.parameters.map((_, index) => gradientOf('parameter', index))
  const roots = [input, ...states, ...parameters]
  const { instructions, rename } = prune(builder.instructions, program.instructions.length, roots)
  return { instructions, input: rename(input), states: states.map(rename), parameters: parameters.map(rename) }
}

/** The derivative at v, times 1 inside and 0 outside of the window. */
function emitSurrogate(surrogate: Surrogate, builder: ProgramBuilder, v: ValueId): ValueId {
  const derivative = emitDerivative(surrogate, builder, v)
  const half = windowOf(surrogate)
  if (half === undefined) return derivative
  const window = builder.apply('window', [v], half)
  return builder.numberAt(derivative) === 1 ? window : builder.apply('mul', [window, derivative])
}

/** Per instruction: whether a gradient through it can reach the input, a state or a parameter. */
function variables(instructions: readonly Instruction[]): boolean[] {
  const found: boolean[] = []
  for (const { op, args } of instructions)
    found.push(
      op === 'input' || op === 'state' || op === 'parameter' || (op !== 'detach' && args.some((id) => found[id])),
    )
  return found
}
