import type { Neuron } from '../../equations/index.ts'
import { FixedMath, sigmoidReach } from '../fixed/index.ts'
import { changingInstructions } from '../still.ts'
import { arrayText, floatText } from './numbers.ts'

type Text = (args: readonly string[], value: number) => string

/** How a program of C holds and computes its numbers. */
export interface Arithmetic {
  /** The type of a number, and of sums over steps. */
  readonly type: 'float' | 'int32_t'
  readonly sumType: 'float' | 'int64_t'
  readonly zero: string
  readonly one: string
  text(value: number): string
  /** C of a product. */
  times(a: string, b: string): string
  sum(a: string, b: string): string
  /** What a state or an output is kept as. */
  kept(value: string): string
  /** How operations of neurons are written; those that are missing have no text. */
  readonly operations: { readonly [op: string]: Text }
  /** Functions that all this calls, in an order in which each stands behind what it uses. */
  readonly helpers: readonly string[]
}

const choices = (zero: string, one: string) => ({
  where: ([v, a, b]: readonly string[]) => `${v} >= ${zero} ? ${a} : ${b}`,
  relu: ([a]: readonly string[]) => `${a} > ${zero} ? ${a} : ${zero}`,
  abs: ([a]: readonly string[]) => `${a} < ${zero} ? -${a} : ${a}`,
  neg: ([a]: readonly string[]) => `-${a}`,
  min: ([a, b]: readonly string[]) => `${a} <= ${b} ? ${a} : ${b}`,
  max: ([a, b]: readonly string[]) => `${a} >= ${b} ? ${a} : ${b}`,
  spike: ([a]: readonly string[]) => `${a} >= ${zero} ? ${one} : ${zero}`,
  detach: ([a]: readonly string[]) => a,
})

function product(a: string, n: number): string {
  return n === 0 ? '1.0f' : Array<string>(n).fill(a).join(' * ')
}

/** Single precision, by the compiler's own arithmetic and math.h. */
export const floatArithmetic: Arithmetic = {
  type: 'float',
  sumType: 'float',
  zero: '0.0f',
  one: '1.0f',
  text: floatText,
  times: (a, b) => `${a} * ${b}`,
  sum: (a, b) => `${a} + ${b}`,
  kept: (value) => value,
  helpers: [],
  operations: {
    ...choices('0.0f', '1.0f'),
    add: ([a, b]) => `${a} + ${b}`,
    sub: ([a, b]) => `${a} - ${b}`,
    mul: ([a, b]) => `${a} * ${b}`,
    div: ([a, b]) => `${a} / ${b}`,
    pow: ([a], n) => (n < 0 ? `1.0f / (${product(a, -n)})` : product(a, n)),
    sigmoid: ([a]) => `1.0f / (1.0f + expf(-${a}))`,
    tanh: ([a]) => `tanhf(${a})`,
    sin: ([a]) => `sinf(${a})`,
    cos: ([a]) => `cosf(${a})`,
    erf: ([a]) => `erff(${a})`,
    floor: ([a]) => `floorf(${a})`,
    round: ([a]) => `rintf(${a})`,
    exp: ([a]) => `expf(${a})`,
    log: ([a]) => `logf(${a})`,
    sqrt: ([a]) => `sqrtf(${a})`,
  },
}

/** Whole numbers that stand for fractions of 2^bits; what leaves the limit stays there. */
export function fixedArithmetic(math: FixedMath): Arithmetic {
  const powered = (a: string, n: number): string => {
    if (n < 0) return `divided(ONE, ${powered(a, -n)})`
    return n === 0 ? 'ONE' : Array.from({ length: n - 1 }).reduce<string>((made) => `times(${made}, ${a})`, a)
  }
  return {
    type: 'int32_t',
    sumType: 'int64_t',
    zero: '0',
    one: 'ONE',
    text: (value) => String(math.from(value)),
    times: (a, b) => `times(${a}, ${b})`,
    sum: (a, b) => `sum(${a}, ${b})`,
    kept: (value) => `limited(${value})`,
    helpers: [fixedText(math), sigmoidText(math)],
    operations: {
      ...choices('0', 'ONE'),
      add: ([a, b]) => `sum(${a}, ${b})`,
      sub: ([a, b]) => `sum(${a}, -${b})`,
      mul: ([a, b]) => `times(${a}, ${b})`,
      div: ([a, b]) => `divided(${a}, ${b})`,
      pow: ([a], n) => powered(a, n),
      sigmoid: ([a]) => `sigmoid(${a})`,
      tanh: ([a]) => `2 * sigmoid(limited((int64_t)2 * ${a})) - ONE`,
      floor: ([a]) => `floored(${a})`,
      round: ([a]) => `floored(${a} + ONE / 2 - 1 + ((${a} >> BITS) & 1))`,
    },
  }
}

function fixedText({ bits }: FixedMath): string {
  return `/* Numbers are whole: ONE stands for 1. What leaves the limit stays there. */
#define BITS ${bits}
#define ONE ${2 ** bits}
#define LIMIT ${FixedMath.limit}
static inline number limited(int64_t value) {
  return value > LIMIT ? LIMIT : value < -LIMIT ? -LIMIT : (number)value;
}
static inline number sum(number a, number b) { return limited((int64_t)a + b); }
/* a * b / 2^bits, halves up. */
static inline number shifted(number a, number b, int32_t bits) {
  return limited(((int64_t)a * b + ((int64_t)1 << (bits - 1))) >> bits);
}
static inline number times(number a, number b) { return shifted(a, b, BITS); }
static inline number divided(number a, number b) {
  return b == 0 ? (a < 0 ? -LIMIT : LIMIT) : limited((int64_t)a * ONE / b);
}
static inline number floored(number a) { return a & ~(ONE - 1); }
/* With fewer fraction bits, and no larger than most. */
static inline number reduced(number value, number most, int32_t bits) {
  const number held = value > most ? most : value < -most ? -most : value;
  return bits ? (held + (1 << (bits - 1))) >> bits : held;
}`
}

function sigmoidText({ sigmoidTable, bits }: FixedMath): string {
  return `${arrayText('number', 'sigmoids', Array.from(sigmoidTable, String))}
static inline number sigmoid(number a) {
  const number size = a < 0 ? -a : a;
  number found = ONE;
  if (size < ${sigmoidReach} * ONE) {
    const number left = sigmoids[size >> ${bits - 4}], right = sigmoids[(size >> ${bits - 4}) + 1];
    found = left + (((right - left) * (size & ${2 ** (bits - 4) - 1})) >> ${bits - 4});
  }
  return a < 0 ? ONE - found : found;
}`
}

const ofMath = new Set(['sigmoid', 'tanh', 'sin', 'cos', 'erf', 'floor', 'round', 'exp', 'log', 'sqrt'])

/** Whether a neuron in single precision needs math.h. */
export function needsMath(neuron: Neuron): boolean {
  return changingInstructions(neuron).some((id) => ofMath.has(neuron.program.instructions[id].op))
}
