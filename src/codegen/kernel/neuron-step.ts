import type { Instruction, Program, ValueId } from '../../equations/index.ts'
import * as elementary from './elementary.ts'
import { f32x4, type Value, v128 } from './value.ts'
import type { Writer } from './writer.ts'

/** One time step of a neuron as trees of machine operations: what kernels of whole layers are made around. */

export type Vectors = readonly Value[]
/** Values of one operation for every vector of a group, from those of its operands. */
type Rule = (w: Writer, args: readonly Vectors[], instruction: Instruction) => Vectors

const truth = (w: Writer, mask: Value): Value => v128.and(mask, w.constant(1))

const one = (f: (w: Writer, a: Value, value: number) => Value): Rule => {
  return (w, [a], { value }) => w.each(a, (x) => f(w, x, value ?? 0))
}
const two = (f: (w: Writer, a: Value, b: Value) => Value): Rule => {
  return (w, [a, b]) => w.each(a, (x, i) => f(w, x, b[i]))
}

/** One line per operation that reads values; constants and what the kernel is given stand apart. */
const rules: { readonly [op: string]: Rule } = {
  add: two((_, a, b) => f32x4.add(a, b)),
  sub: two((_, a, b) => f32x4.sub(a, b)),
  mul: two((_, a, b) => f32x4.mul(a, b)),
  div: two((_, a, b) => f32x4.div(a, b)),
  neg: one((_, a) => f32x4.neg(a)),
  pow: (w, [a], { value }) => integerPower(w, a, value ?? 1),
  sigmoid: (w, [a]) => elementary.sigmoid(w, a),
  tanh: (w, [a]) => elementary.tanh(w, a),
  exp: (w, [a]) => elementary.exp(w, a),
  log: (w, [a]) => elementary.log(w, a),
  sin: (w, [a]) => elementary.sin(w, a),
  cos: (w, [a]) => elementary.cos(w, a),
  erf: (w, [a]) => elementary.erf(w, a),
  floor: one((_, a) => f32x4.floor(a)),
  round: one((_, a) => f32x4.nearest(a)),
  where: (w, [v, a, b]) => w.each(v, (c, i) => v128.select(a[i], b[i], f32x4.ge(c, w.constant(0)))),
  relu: one((w, a) => v128.and(a, f32x4.gt(a, w.constant(0)))),
  abs: one((_, a) => f32x4.abs(a)),
  sqrt: one((_, a) => f32x4.sqrt(a)),
  min: two((_, a, b) => v128.select(a, b, f32x4.le(a, b))),
  max: two((_, a, b) => v128.select(a, b, f32x4.ge(a, b))),
  spike: one((w, a) => truth(w, f32x4.ge(a, w.constant(0)))),
  detach: (_, [a]) => a,
  window: one((w, a, half) => truth(w, f32x4.le(f32x4.abs(a), w.constant(half)))),
  positive: one((w, a) => truth(w, f32x4.gt(a, w.constant(0)))),
  sign: one((w, a) => f32x4.sub(truth(w, f32x4.gt(a, w.constant(0))), truth(w, f32x4.lt(a, w.constant(0))))),
  less: two((w, a, b) => truth(w, f32x4.lt(a, b))),
  lessOrEqual: two((w, a, b) => truth(w, f32x4.le(a, b))),
}

function integerPower(w: Writer, base: Vectors, exponent: number): Vectors {
  let power: Vectors = base.map(() => w.constant(1))
  let square = base
  for (let n = Math.abs(exponent); n > 0; n >>= 1) {
    const [p, s] = [power, square]
    if (n & 1) power = w.each(p, (a, i) => f32x4.mul(a, s[i]))
    if (n > 1) square = w.each(s, (a) => f32x4.mul(a, a))
  }
  const result = power
  return exponent < 0 ? w.each(result, (a) => f32x4.div(w.constant(1), a)) : result
}

/** The exact reciprocal of a power of two; null for every other number. */
function exactReciprocal(value: number): number | null {
  const exponent = Math.log2(Math.abs(value))
  return Number.isInteger(exponent) && Math.abs(exponent) < 100 ? 1 / value : null
}

/** Values of one instruction for each vector of a group. @param all the instructions that its arguments are among */
export function instructionValues(
  w: Writer,
  vectors: number,
  known: ReadonlyMap<ValueId, Vectors>,
  all: readonly Instruction[],
  instruction: Instruction,
): Vectors {
  const { op, args, value } = instruction
  // Where noise is drawn, the kernel gives its values; else it is 0.
  if (op === 'constant' || op === 'noise') return Array.from({ length: vectors }, () => w.constant(value ?? 0))
  const operands = args.map((a) => known.get(a)!)
  const divisor = op === 'div' ? all[args[1]] : undefined
  const reciprocal = divisor?.op === 'constant' ? exactReciprocal(divisor.value ?? 0) : null
  if (reciprocal !== null) return w.each(operands[0], (a) => f32x4.mul(a, w.constant(reciprocal)))
  const rule = rules[op]
  if (!rule) throw new Error(`no kernel rule for ${op}`)
  return rule(w, operands, instruction)
}

/** What a step of a neuron starts from, for every vector of a group. */
export interface StepStart {
  readonly x: Vectors
  readonly states: readonly Vectors[]
  /** By the parameter's number; those that the step does not read may be missing. */
  readonly parameters: ReadonlyMap<number, Vectors>
}

/**
 * One step forward.
 * @param wanted which instructions are needed
 * @param guards instructions that are 0 where another value is 0 in the whole group
 * @returns their values
 */
export function neuronStep(
  w: Writer,
  { instructions }: Program,
  wanted: readonly ValueId[],
  { x, states, parameters }: StepStart,
  guards: ReadonlyMap<ValueId, ValueId> = new Map(),
): ReadonlyMap<ValueId, Vectors> {
  const known = new Map<ValueId, Vectors>()
  for (const id of wanted) {
    const instruction = instructions[id]
    const { op, index = 0 } = instruction
    if (op === 'input') known.set(id, x)
    else if (op === 'state') known.set(id, states[index])
    else if (op === 'parameter') known.set(id, parameters.get(index)!)
    else if (guards.has(id)) {
      const factors = known.get(guards.get(id)!)!
      const made = w.each(factors, () => w.constant(0))
      const any = factors.slice(1).reduce((a, b) => v128.or(a, b), factors[0])
      w.if(v128.anyTrue(any), () => {
        const values = instructionValues(w, x.length, known, instructions, instruction)
        values.forEach((value, i) => w.set(made[i], value))
      })
      known.set(id, made)
    } else known.set(id, instructionValues(w, x.length, known, instructions, instruction))
  }
  return known
}
