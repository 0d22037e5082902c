import { EquationError } from '../base/index.ts'
import { ProgramBuilder } from './builder.ts'
import { emitExpression } from './expression.ts'
import { type Assignment, resolveNames } from './names.ts'
import { parseEquations } from './parse.ts'
import { equationError, quoted, type Span } from './place.ts'
import type {
  Instruction,
  LearnableParameter,
  Observable,
  ParameterScope,
  Program,
  State,
  Surrogate,
  ValueId,
} from './program.ts'
import { prune } from './prune.ts'
import { namesIn, type Start, startValue } from './starts.ts'
import { windowOf } from './surrogates.ts'

/** Start and scope of a learnable parameter; a bare start means one value per layer. */
export type LearnableDefinition = Start | { readonly start: Start; readonly per?: ParameterScope }

/** A neuron's text and the names it may use. */
export interface EquationSource {
  readonly equations: string
  readonly constants?: { readonly [name: string]: number }
  readonly learnable?: { readonly [name: string]: LearnableDefinition }
  readonly state?: { readonly [name: string]: Start }
  readonly surrogate: Surrogate
  /** Constants with a use outside of the equations. */
  readonly alsoRead?: readonly string[]
}

export interface Compiled {
  readonly program: Program
  /** What is allowed but probably not meant, one line each. */
  readonly warnings: readonly string[]
}

/**
 * Equations as straight-line code for one time step. Constants are folded, equal subexpressions shared, the order of
 * operations kept.
 * @throws EquationError for every mistake, with the line and a caret
 */
export function compile(source: EquationSource): Compiled {
  const constants = constantsOf(source)
  const learnable = source.learnable ?? {}
  const statements = assignments(source.equations)
  const names = resolveNames(source.equations, statements, {
    constants: [...constants.keys()],
    learnable: Object.keys(learnable),
    state: Object.keys(source.state ?? {}),
  })
  const builder = new ProgramBuilder()
  const meanings = new Map<string, () => ValueId>([['x', () => builder.source('input')]])
  for (const [name, value] of constants) meanings.set(name, () => builder.constant(value))
  Object.keys(learnable).forEach((name, index) => {
    meanings.set(name, () => builder.source('parameter', index))
  })
  names.states.forEach((name, index) => {
    meanings.set(name, () => builder.source('state', index))
  })
  const observed = emitStatements(source.equations, statements, builder, meanings)
  const { instructions, rename } = prune(builder.instructions, 0, [...observed.values()].flat())
  const last = (name: string) => rename(observed.get(name)?.at(-1) as ValueId)
  const program: Program = {
    instructions,
    states: names.states.map((name) => ({ name, start: stateStart(name, source, constants), next: last(name) })),
    parameters: Object.entries(learnable).map(([name, definition]) => learnableOf(name, definition, constants)),
    observables: [...observed].flatMap(([name, values]) => observablesOf(name, values.map(rename))),
    output: last('s'),
    spiking: isSpiking(instructions, last('s')),
    window: instructions.some(({ op }) => op === 'spike') ? windowOf(source.surrogate) : undefined,
  }
  return { program, warnings: [...unusedNames(source, names.read), ...idleStates(program)] }
}

function assignments(text: string): Assignment[] {
  return parseEquations(text).map((statement) => {
    if (statement.kind === 'assignment') return statement
    const { name, span } = statement.call
    throw equationError(text, span, `${name}(...) on a line of its own assigns nothing`, 'write: name = expression')
  })
}

/** Emits all statements in order; gives per name the values of its assignments. */
function emitStatements(
  text: string,
  statements: readonly Assignment[],
  builder: ProgramBuilder,
  meanings: Map<string, () => ValueId>,
): Map<string, ValueId[]> {
  const observed = new Map<string, ValueId[]>()
  const lookup = (name: string, span: Span): ValueId => {
    const meaning = meanings.get(name)
    if (meaning === undefined) throw equationError(text, span, `unknown name '${name}'`, 'assign it first')
    return meaning()
  }
  for (const { target, value } of statements) {
    const id = emitExpression(value, { text, builder, lookup })
    meanings.set(target, () => id)
    observed.set(target, [...(observed.get(target) ?? []), id])
  }
  return observed
}

function observablesOf(name: string, values: readonly ValueId[]): Observable[] {
  const numbered = values.map((value, i) => ({ name: `${name}#${i + 1}`, value }))
  return [...numbered, { name, value: values[values.length - 1] }]
}

function constantsOf({ constants = {} }: EquationSource): Map<string, number> {
  for (const [name, value] of Object.entries(constants))
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new EquationError({
        what: `constant '${name}' is ${typeof value === 'string' ? quoted(value) : String(value)}`,
        expected: 'a finite number',
        next: `pass for example constants: { ${name}: 1 }`,
      })
  return new Map(Object.entries(constants))
}

function stateStart(name: string, { state = {} }: EquationSource, constants: ReadonlyMap<string, number>): number {
  return Object.hasOwn(state, name) ? startValue(name, state[name], constants) : 0
}

const scopes: readonly ParameterScope[] = ['layer', 'channel', 'step', 'stepChannel']

function learnableOf(
  name: string,
  definition: LearnableDefinition,
  constants: ReadonlyMap<string, number>,
): LearnableParameter {
  const { start, per = 'layer' } = typeof definition === 'object' ? definition : { start: definition }
  if (!scopes.includes(per))
    throw new EquationError({
      what: `learnable '${name}' cannot be per '${String(per)}'`,
      expected: scopes.join(', '),
      next: `write ${name}: { start: ..., per: 'channel' }`,
    })
  const at = (T: number) => startValue(name, start, new Map([...constants, ['T', T]]))
  at(1)
  return { name, scope: per, start: at }
}

function isSpiking(instructions: readonly Instruction[], output: ValueId): boolean {
  const spikes = instructions.filter(({ op }) => op === 'spike')
  return spikes.length === 1 && instructions[output] === spikes[0]
}

function unusedNames({ constants = {}, learnable = {}, alsoRead = [] }: EquationSource, read: ReadonlySet<string>) {
  const inStarts = Object.values(learnable).flatMap((of) => namesIn(typeof of === 'object' ? of.start : of))
  return [...Object.keys(constants), ...Object.keys(learnable)]
    .filter((name) => !read.has(name) && !inStarts.includes(name) && !alsoRead.includes(name))
    .map((name) => `'${name}' is never read`)
}

/** States that no path leads from to the output. */
function idleStates({ instructions, states, output }: Program): string[] {
  const reached = new Set<ValueId>()
  const waiting = [output]
  while (waiting.length > 0) {
    const id = waiting.pop() as ValueId
    if (reached.has(id)) continue
    reached.add(id)
    const { op, args, index } = instructions[id]
    waiting.push(...args)
    if (op === 'state') waiting.push(states[index as number].next)
  }
  const idle = (_: State, index: number) =>
    !instructions.some(
      (instruction, id) => instruction.op === 'state' && instruction.index === index && reached.has(id),
    )
  return states.filter(idle).map(({ name }) => `state '${name}' never influences s`)
}
