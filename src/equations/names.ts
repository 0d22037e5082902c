import { EquationError } from '../base/index.ts'
import { functions } from './expression.ts'
import { equationError, suggestion } from './place.ts'
import { type Expression, type Statement, walk } from './syntax.ts'

export type Assignment = Extract<Statement, { kind: 'assignment' }>

/** What a neuron declares beside its equations. */
export interface DeclaredNames {
  readonly constants: readonly string[]
  readonly learnable: readonly string[]
  readonly state: readonly string[]
}

/** What the names of equations turned out to be. */
export interface ResolvedNames {
  /** Declared states first, then the others in the order they are first read. */
  readonly states: readonly string[]
  /** Every declared name or state that some expression reads. */
  readonly read: ReadonlySet<string>
}

/**
 * Finds the states, and refuses what cannot be meant: a name never assigned, an assignment to x, a constant or a
 * learnable parameter, no `s`, one name for two things.
 * @throws EquationError with the line and a caret
 */
export function resolveNames(text: string, statements: readonly Assignment[], declared: DeclaredNames): ResolvedNames {
  checkDeclared(declared)
  const assigned = new Set(statements.map((statement) => statement.target))
  checkTargets(text, statements, declared)
  const given = new Set(['x', ...declared.constants, ...declared.learnable])
  const states = new Set(declared.state)
  const read = new Set<string>()
  const before = new Set<string>()
  for (const { target, value } of statements) {
    for (const node of walk(value)) {
      if (node.kind !== 'name') continue
      if (!given.has(node.name) && !assigned.has(node.name)) throw unknownName(text, node, [...given, ...assigned])
      if (!given.has(node.name) && !before.has(node.name)) states.add(node.name)
      if (given.has(node.name) || !before.has(node.name)) read.add(node.name)
    }
    before.add(target)
  }
  checkAssigned(text, assigned, declared)
  return { states: [...states], read }
}

function unknownName(text: string, { name, span }: Extract<Expression, { kind: 'name' }>, known: readonly string[]) {
  if (functions.has(name)) return equationError(text, span, `'${name}' is a function`, `Write ${name}(...).`)
  const next =
    name === 'T'
      ? 'T, the number of steps, can only be read in the start of a learnable parameter.'
      : suggestion(name, known)
  return equationError(text, span, `unknown name '${name}'`, next)
}

function checkDeclared({ constants, learnable, state }: DeclaredNames): void {
  const seen = new Map<string, string>()
  for (const [kind, names] of Object.entries({ constants, learnable, state }))
    for (const name of names) {
      const problem = /^[A-Za-z_]\w*$/.test(name)
        ? taken(name, kind, seen.get(name))
        : `'${name}' in ${kind} is no name: use letters a-z, digits and _`
      if (problem) throw new EquationError({ what: problem, next: 'Choose another name.' })
      seen.set(name, kind)
    }
}

function taken(name: string, kind: string, other: string | undefined): string | undefined {
  if (other !== undefined) return `'${name}' is declared twice, in ${other} and in ${kind}`
  if (name === 'x') return `'x' in ${kind} is taken: it is the input`
  if (name === 'T') return `'T' in ${kind} is taken: it is the number of steps`
  if (name === 's' && kind !== 'state') return `'s' in ${kind} is taken: it is the output`
  return functions.has(name) ? `'${name}' in ${kind} is taken: it is a function` : undefined
}

function checkTargets(text: string, statements: readonly Assignment[], declared: DeclaredNames): void {
  for (const { target, targetSpan } of statements) {
    const what = declared.constants.includes(target)
      ? 'a constant'
      : declared.learnable.includes(target)
        ? 'a learnable parameter.'
        : target === 'x'
          ? 'the input'
          : target === 'T'
            ? 'the number of steps'
            : functions.has(target)
              ? 'a function'
              : undefined
    if (what !== undefined)
      throw equationError(text, targetSpan, `'${target}' is ${what} and cannot be assigned`, 'Assign to another name.')
  }
}

function checkAssigned(text: string, assigned: ReadonlySet<string>, { state }: DeclaredNames): void {
  for (const name of state)
    if (!assigned.has(name))
      throw new EquationError({
        what: `state '${name}' is never assigned`,
        next: suggestion(name, [...assigned]),
      })
  if (!assigned.has('s'))
    throw equationError(
      text,
      { start: text.length, end: text.length },
      "no equation assigns 's', the output",
      'Add a line such as: s = spike(u - threshold).',
    )
}
