import { EquationError, type Random } from '../base/index.ts'
import { ProgramBuilder } from './builder.ts'
import { compileInstructions } from './evaluate.ts'
import { emitExpression } from './expression.ts'
import { parseExpression } from './parse.ts'
import { equationError, suggestion, within } from './place.ts'
import type { Instruction, ValueId } from './program.ts'
import { walk } from './syntax.ts'

/** A number, or an expression in the neuron's constants (for learnable parameters also in T, the number of steps). */
export type Start = number | string

/**
 * Where a learnable parameter starts: as `Start`, an expression with random draws `uniform(a, b)` or `normal(mean,
 * deviation)`, one for each value, or the values themselves.
 */
export type LearnableStart = Start | readonly number[]

/**
 * The value of a start expression.
 * @param names what it may read
 * @throws EquationError for unknown names and for values that are not finite
 */
export function startValue(of: string, start: Start, names: ReadonlyMap<string, number>): number {
  if (typeof start !== 'string') return finite(of, start, start, names)
  return finite(of, start, within(`start of '${of}'`, () => evaluateStart(start, names)).middle(), names)
}

/**
 * Start values of a learnable parameter; those of random starts are drawn one after another.
 * @throws EquationError for unknown names, values that are not finite, and arrays of another size
 */
export function startValues(
  of: string,
  start: LearnableStart,
  names: ReadonlyMap<string, number>,
  size: number,
  random: Random,
): Float64Array {
  if (typeof start === 'object') return arrayStart(of, start, size)
  if (typeof start !== 'string') return new Float64Array(size).fill(finite(of, start, start, names))
  const { isRandom, middle, draw } = within(`start of '${of}'`, () => evaluateStart(start, names))
  if (!isRandom) return new Float64Array(size).fill(finite(of, start, middle(), names))
  return Float64Array.from({ length: size }, () => finite(of, start, draw(random), names))
}

/** Whether a start differs from value to value. */
export function isVaried(of: string, start: LearnableStart): boolean {
  if (typeof start !== 'string') return typeof start === 'object'
  return within(`start of '${of}'`, () => readsDraws(start))
}

function readsDraws(start: string): boolean {
  return [...walk(parseExpression(start))].some((node) => node.kind === 'call' && Object.hasOwn(draws, node.name))
}

/** The names that a start expression reads. */
export function namesIn(start: LearnableStart): string[] {
  if (typeof start !== 'string') return []
  return [...walk(parseExpression(start))].flatMap((node) => (node.kind === 'name' ? [node.name] : []))
}

/**
 * The middle of a start: of random ones that of their distribution, of an array the mean.
 * @throws EquationError as `startValues`
 */
export function middleOf(of: string, start: LearnableStart, names: ReadonlyMap<string, number>): number {
  if (typeof start !== 'object') return startValue(of, start, names)
  return arrayStart(of, start, start.length).reduce((sum, value) => sum + value, 0) / start.length
}

function arrayStart(of: string, start: readonly number[], size: number): Float64Array {
  const bad = start.findIndex((value) => !Number.isFinite(value))
  if (start.length === size && size > 0 && bad < 0) return Float64Array.from(start)
  throw new EquationError({
    what:
      bad < 0
        ? `the start of '${of}' has ${start.length} values`
        : `value ${bad} of the start of '${of}' is ${String(start[bad])}`,
    expected: bad < 0 ? `${Math.max(1, size)}` : 'finite numbers',
    next: 'Give one number for each value of the parameter, in the order of its shape.',
  })
}

function finite(of: string, start: Start, value: unknown, names: ReadonlyMap<string, number>): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new EquationError({
    what: `the start of '${of}' is ${String(value)}`,
    place: `${of} = ${String(start)}`,
    expected: 'a finite number, or an expression that gives one',
    next: `Constants here: ${[...names].map(([name, number]) => `${name} = ${number}`).join(', ') || 'none'}`,
  })
}

/** Random draws by name: the number that stands in their middle, and how one is drawn. */
const draws: {
  readonly [name: string]: { readonly middle: number; readonly draw: (random: Random) => number }
} = {
  uniform: { middle: 0.5, draw: (random) => random.uniform() },
  normal: { middle: 0, draw: (random) => random.normal() },
}

/** An expression whose draws are read as states, in the order they are written. */
function evaluateStart(text: string, names: ReadonlyMap<string, number>) {
  const builder = new ProgramBuilder()
  const drawn: (typeof draws)[string][] = []
  const next = (name: string): ValueId => builder.source('state', drawn.push(draws[name]) - 1)
  const result = emitExpression(parseExpression(text), {
    text,
    builder,
    without: ['spike', 'detach', 'noise'],
    more: {
      uniform: (a, b) =>
        builder.apply('add', [a, builder.apply('mul', [builder.apply('sub', [b, a]), next('uniform')])]),
      normal: (mean, deviation) => builder.apply('add', [mean, builder.apply('mul', [deviation, next('normal')])]),
    },
    lookup: (name, span) => {
      const value = names.get(name)
      if (value !== undefined) return builder.constant(value)
      throw equationError(text, span, `unknown name '${name}'`, suggestion(name, [...names.keys()]))
    },
  })
  const instructions: readonly Instruction[] = builder.instructions
  const run = compileInstructions(instructions)
  const at = (numbers: readonly number[]) => run(numbers)[result]
  return {
    isRandom: drawn.length > 0,
    middle: () => at(drawn.map(({ middle }) => middle)),
    draw: (random: Random) => at(drawn.map(({ draw }) => draw(random))),
  }
}
