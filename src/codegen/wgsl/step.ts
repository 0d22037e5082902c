import { type Shape, sizeOf } from '../../base/index.ts'
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
  sin: ([a]) => `sinOf(${a}, 0.0)`,
  cos: ([a]) => `sinOf(${a}, 1.0)`,
  erf: ([a]) => `erfOf(${a})`,
  floor: ([a]) => `floor(${a})`,
  round: ([a]) => `round(${a})`,
  where: ([v, a, b]) => `select(${b}, ${a}, ${v} >= V(0.0))`,
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

/** `c0 z^n + c1 z^(n-1) + ...` by Horner's rule. */
function horner(z: string, coefficients: readonly number[]): string {
  const [first, ...rest] = coefficients.map((c) => number(Math.fround(c)))
  return rest.reduce((sum, c) => `(${sum} * ${z} + ${c})`, first)
}

/**
 * Functions that the rules call, and which operations need them. `tanh` near 0 is a polynomial, where the quotient of
 * exponentials would cancel; sine and cosine are our own, since those of WGSL may be off by 2^-11.
 */
const functions: readonly { readonly ops: readonly string[]; readonly text: string }[] = [
  {
    ops: ['sigmoid'],
    text: 'fn sigmoidOf(v: V) -> V { return V(1.0) / (V(1.0) + exp(clamp(-v, V(-87.0), V(87.0)))); }',
  },
  {
    ops: ['tanh'],
    text: `fn tanhOf(v: V) -> V {
  let a = abs(v);
  let far = V(1.0) - V(2.0) / (exp(min(V(2.0) * a, V(87.0))) + V(1.0));
  let z = v * v;
  let near = a + a * z * (V(-0.33333333f) + z * (V(0.13333333f) + z * (V(-0.053968254f) + z * V(0.021869488f))));
  return sign(v) * select(far, near, a < V(0.3));
}`,
  },
  {
    ops: ['sin', 'cos'],
    text: `fn sinOf(v: V, quarters: f32) -> V {
  let k = round(v * V(0.6366197723675814f));
  let r = ((v - k * V(1.5703125f)) - k * V(4.837512969970703e-4f)) - k * V(7.549789948768648e-8f);
  let z = r * r;
  let sines = ${horner('z', [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])} * z * r + r;
  let cosines = ${horner('z', [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])} * z * z - z * V(0.5) + V(1.0);
  let turned = k + V(quarters);
  let quarter = turned - V(4.0) * floor(turned * V(0.25));
  let chosen = select(sines, cosines, (quarter == V(1.0)) | (quarter == V(3.0)));
  return select(chosen, -chosen, quarter >= V(2.0));
}`,
  },
  {
    ops: ['erf'],
    text: `fn erfOf(v: V) -> V {
  let a = min(abs(v), V(5.0));
  let z = a * a;
  let near = v * ${horner('z', [7.853861353153693e-5, -8.010193625184903e-4, 5.188327685732524e-3, -2.685381193529856e-2, 1.128358514861418e-1, -3.7612625823e-1, 1.12837916672571])};
  let q = V(1.0) / max(a, V(0.5));
  let y = q * q;
  let middle = ${horner('y', [2.326819970068386e-2, -1.387039388740657e-1, 3.687424674597105e-1, -5.824733027278666e-1, 6.210004621745983e-1, -4.944515323274145e-1, 3.404879937665872e-1, -2.741127028184656e-1, 5.638259427386472e-1])};
  let outer = ${horner('y', [-1.047766399936249e1, 1.297719955372516e1, -7.495518717768503, 2.921019019210786, -1.0152652792027, 4.218463358204948e-1, -2.820767439740514e-1, 5.641895067754075e-1])};
  let far = V(1.0) - exp(-z) * q * select(outer, middle, a < V(2.0));
  return select(sign(v) * far, near, a < V(1.0));
}`,
  },
]

/** The functions that these instructions call. */
export function functionsOf(instructions: readonly Instruction[]): string[] {
  const used = new Set<string>(instructions.map(({ op }) => op))
  return functions.filter(({ ops }) => ops.some((op) => used.has(op))).map(({ text }) => text)
}

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
  if (op === 'constant' || op === 'noise') return number(value ?? 0)
  const rule = rules[op]
  if (!rule) throw new Error(`no WGSL rule for ${op}`)
  return rule(args.map(name), value ?? 0)
}

/** Shape of parameter `index` in the packed values, and where it starts, in values. */
export function parameterPlaces(program: Program, T: number, frame: Shape): { at: number; size: number }[] {
  let at = 0
  return program.parameters.map((parameter) => {
    const size = sizeOf(parameterShape(parameter, T, frame))
    const place = { at, size }
    at += size
    return place
  })
}
