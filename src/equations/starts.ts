import { EquationError } from '../base/index.ts'
import { ProgramBuilder } from './builder.ts'
import { emitExpression } from './expression.ts'
import { parseExpression } from './parse.ts'
import { equationError, suggestion, within } from './place.ts'
import { walk } from './syntax.ts'

/** A number, or an expression in the neuron's constants (for learnable parameters also in T, the number of steps). */
export type Start = number | string

/**
 * The value of a start expression.
 * @param names what it may read
 * @throws EquationError for unknown names and for values that are not finite
 */
export function startValue(of: string, start: Start, names: ReadonlyMap<string, number>): number {
  const value = typeof start === 'string' ? within(`start of '${of}'`, () => evaluateStart(start, names)) : start
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new EquationError({
    what: `the start of '${of}' is ${String(value)}`,
    place: `${of} = ${String(start)}`,
    expected: 'a finite number, or an expression that gives one',
    next: `constants here: ${[...names].map(([name, number]) => `${name} = ${number}`).join(', ') || 'none'}`,
  })
}

/** The names that a start expression reads. */
export function namesIn(start: Start): string[] {
  if (typeof start !== 'string') return []
  return [...walk(parseExpression(start))].flatMap((node) => (node.kind === 'name' ? [node.name] : []))
}

function evaluateStart(text: string, names: ReadonlyMap<string, number>): number {
  const builder = new ProgramBuilder()
  const id = emitExpression(parseExpression(text), {
    text,
    builder,
    without: ['spike', 'detach'],
    lookup: (name, span) => {
      const value = names.get(name)
      if (value !== undefined) return builder.constant(value)
      throw equationError(text, span, `unknown name '${name}'`, suggestion(name, [...names.keys()]))
    },
  })
  return builder.numberAt(id) ?? Number.NaN
}
