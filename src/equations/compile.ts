import { EquationError, type Random } from '../base/index.ts'
import { ProgramBuilder } from './builder.ts'
import { countOf } from './counted-spikes.ts'
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
import { isVaried, type LearnableStart, middleOf, namesIn, type Start, startValue, startValues } from './starts.ts'
import { windowOf } from './surrogates.ts'

/**
 * Start, scope and bounds of a learnable parameter; a bare start means one value per layer. Bounds are numbers or
 * expressions in the constants, and every update keeps to them.
 */
export type LearnableDefinition =
  | LearnableStart
  | { readonly start: LearnableStart; readonly per?: ParameterScope; readonly min?: Start; readonly max?: Start }

/** What an option changes of a learnable parameter; what it leaves out stays as the definition has it. */
export type LearnableOption = LearnableStart | Partial<Exclude<LearnableDefinition, LearnableStart>>

/** A neuron's text and the names it may use. */
export interface EquationSource {
  readonly equations: string
  /** The same as statements without markers, each with its place in the text. Default: they are read from the text. */
  readonly statements?: readonly Assignment[]
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
  const statements = source.statements ?? assignments(source.equations)
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
    levels: countOf(instructions, last('s')).levels,
    window: instructions.some(({ op }) => op === 'spike') ? windowOf(source.surrogate) : undefined,
  }
  return { program, warnings: [...unusedNames(source, names.read), ...idleStates(program)] }
}

function assignments(text: string): Assignment[] {
  return parseEquations(text).map((statement) => {
    if (statement.kind === 'assignment') return statement
    const { name, span } = statement.call
    throw equationError(text, span, `${name}(...) on a line of its own assigns nothing`, 'Write name = expression.')
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
    if (meaning === undefined) throw equationError(text, span, `unknown name '${name}'`, 'Assign it first.')
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
        next: `Pass for example constants: { ${name}: 1 }.`,
      })
  return new Map(Object.entries(constants))
}

function stateStart(name: string, { state = {} }: EquationSource, constants: ReadonlyMap<string, number>): number {
  return Object.hasOwn(state, name) ? startValue(name, state[name], constants) : 0
}

const scopes: readonly ParameterScope[] = ['layer', 'channel', 'neuron', 'step', 'stepChannel']

function learnableOf(
  name: string,
  given: LearnableDefinition,
  constants: ReadonlyMap<string, number>,
): LearnableParameter {
  const definition = learnableParts(given)
  const { start, per = 'layer' } = definition
  if (!scopes.includes(per))
    throw new EquationError({
      what: `learnable '${name}' cannot be per '${String(per)}'`,
      expected: scopes.join(', '),
      next: `Write ${name}: { start: ..., per: 'channel' }.`,
    })
  const namesFor = (T: number) => new Map([...constants, ['T', T]])
  const bounds = boundsOf(name, definition, constants)
  const at = (T: number) => middleOf(name, start, namesFor(T))
  const draw = (T: number, size: number, random: Random) =>
    startValues(name, start, namesFor(T), size, random).map((value) => within(bounds, value))
  const middle = at(1)
  const varied = isVaried(name, start)
  checkInBounds(name, typeof start === 'object' ? start : varied ? [] : [middle], bounds)
  const startText = varied
    ? { startText: typeof start === 'object' ? `${start.length} values of its own` : `${start}` }
    : {}
  return { name, scope: per, start: (T) => within(bounds, at(T)), draw, ...startText, ...bounds }
}

/** A definition in its long form. */
export function learnableParts(definition: LearnableDefinition): Exclude<LearnableDefinition, LearnableStart> {
  if (typeof definition !== 'object' || definition === null || Array.isArray(definition))
    return { start: definition as LearnableStart }
  return definition as Exclude<LearnableDefinition, LearnableStart>
}

interface Bounds {
  readonly min?: number
  readonly max?: number
}

const within = ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: Bounds, value: number) =>
  Math.min(Math.max(value, min), max)

function boundsOf(
  name: string,
  { min, max }: Exclude<LearnableDefinition, LearnableStart>,
  constants: ReadonlyMap<string, number>,
): Bounds {
  const bounds = {
    ...(min === undefined ? {} : { min: startValue(`${name}.min`, min, constants) }),
    ...(max === undefined ? {} : { max: startValue(`${name}.max`, max, constants) }),
  }
  if (bounds.min !== undefined && bounds.max !== undefined && bounds.min >= bounds.max)
    throw new EquationError({
      what: `learnable '${name}' has no room between its bounds`,
      expected: 'min below max',
      got: `min ${bounds.min}, max ${bounds.max}`,
      next: 'Leave one of them out, or make it a constant.',
    })
  return bounds
}

function checkInBounds(name: string, starts: readonly number[], bounds: Bounds): void {
  const outside = starts.find((value) => within(bounds, value) !== value)
  if (outside === undefined) return
  throw new EquationError({
    what: `learnable '${name}' starts at ${outside}, outside of its bounds`,
    expected: `${bounds.min ?? '-infinity'} to ${bounds.max ?? 'infinity'}`,
    next: 'Move the start, or the bounds.',
  })
}

function isSpiking(instructions: readonly Instruction[], output: ValueId): boolean {
  const spikes = instructions.filter(({ op }) => op === 'spike')
  return spikes.length === 1 && instructions[output] === spikes[0]
}

function unusedNames({ constants = {}, learnable = {}, alsoRead = [] }: EquationSource, read: ReadonlySet<string>) {
  const inStarts = Object.values(learnable).flatMap((of) => {
    const { start, min = 0, max = 0 } = learnableParts(of)
    return [start, min, max].flatMap(namesIn)
  })
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
