import { sizeOf } from '../../base/index.ts'
import { type Instruction, type Program, parameterShape, type ValueId } from '../../equations/index.ts'
import { literal } from './kernel.ts'

/**
 * One time step of a program, and of its adjoint, as WGSL. Values are of type V: one neuron, or four neighbours. Each
 * instruction becomes one `let`; `names` says how its operands are called.
 */

type Rule = (args: readonly string[], value: number) => string

const number = (value: number): string => `V(${literal(value)})`
const truth = (condition: string): string => `select(V(0.0), V(1.0), ${condition})`

/** One line per operation that reads values. */
const rules: { readonly [op: string]: Rule } = {
  add: ([a, b]) => `${a} + ${b}`,
  sub: ([a, b]) => `${a} - ${b}`,
  mul: ([a, b]) => `${a} * ${b}`,
  div: ([a, b]) => `${a} / ${b}`,
  neg: ([a]) => `-${a}`,
  pow: ([a], n) => power(a, n),
  sigmoid: ([a]) => `sigmoidOf(${a})`,
  tanh: ([a]) => `tanhOf(${a})`,
  exp: ([a]) => `exp(clamp(${a}, V(-87.0), V(88.0)))`,
  log: ([a]) => `log(${a})`,
  relu: ([a]) => `max(${a}, V(0.0))`,
  abs: ([a]) => `abs(${a})`,
  sqrt: ([a]) => `sqrt(${a})`,
  min: ([a, b]) => `min(${a}, ${b})`,
  max: ([a, b]) => `max(${a}, ${b})`,
  spike: ([a]) => truth(`${a} >= V(0.0)`),
  detach: ([a]) => a,
  window: ([a], half) => truth(`abs(${a}) <= ${number(half)}`),
  positive: ([a]) => truth(`${a} > V(0.0)`),
  sign: ([a]) => `sign(${a})`,
  less: ([a, b]) => truth(`${a} < ${b}`),
  lessOrEqual: ([a, b]) => truth(`${a} <= ${b}`),
}

/** An integer power as products: `pow` of WGSL knows no negative base. */
function power(base: string, exponent: number): string {
  const factors = Array.from({ length: Math.abs(exponent) }, () => base)
  const product = factors.length === 0 ? 'V(1.0)' : `(${factors.join(' * ')})`
  return exponent < 0 ? `V(1.0) / ${product}` : product
}

/** Functions that the rules call. `tanh` near 0 is a polynomial, where the quotient of exponentials would cancel. */
export const stepFunctions = `fn sigmoidOf(v: V) -> V { return V(1.0) / (V(1.0) + exp(clamp(-v, V(-87.0), V(87.0)))); }
fn tanhOf(v: V) -> V {
  let a = abs(v);
  let far = V(1.0) - V(2.0) / (exp(min(V(2.0) * a, V(87.0))) + V(1.0));
  let z = v * v;
  let near = a + a * z * (V(-0.33333333f) + z * (V(0.13333333f) + z * (V(-0.053968254f) + z * V(0.021869488f))));
  return sign(v) * select(far, near, a < V(0.3));
}`

/** Gives the text of some values instead of computing them. */
export type Given = (instruction: Instruction, id: ValueId) => string | undefined

/**
 * The lets of a list of instructions.
 * @param from the first instruction's id
 * @param name what the value of an id is called
 */
export function stepText(
  instructions: readonly Instruction[],
  from: number,
  name: (id: ValueId) => string,
  given: Given,
  needed?: ReadonlySet<ValueId>,
): string[] {
  return instructions.flatMap((instruction, i) => {
    const id = from + i
    if (needed && !needed.has(id)) return []
    return [`let ${name(id)} = ${given(instruction, id) ?? computed(instruction, name)};`]
  })
}

function computed({ op, args, value }: Instruction, name: (id: ValueId) => string): string {
  if (op === 'constant') return number(value ?? 0)
  const rule = rules[op]
  if (!rule) throw new Error(`no WGSL rule for ${op}`)
  return rule(args.map(name), value ?? 0)
}

/** Shape of parameter `index` in the packed values, and where it starts, in values. */
export function parameterPlaces(program: Program, T: number, channels: number): { at: number; size: number }[] {
  let at = 0
  return program.parameters.map((parameter) => {
    const size = sizeOf(parameterShape(parameter, T, channels))
    const place = { at, size }
    at += size
    return place
  })
}
