import type { PureOp } from './arithmetic.ts'
import type { ProgramBuilder } from './builder.ts'
import { equationError, quoted, type Span, suggestion } from './place.ts'
import type { ValueId } from './program.ts'
import type { Call, Expression } from './syntax.ts'

/** Functions of equations and how many arguments each takes. */
export const functions: ReadonlyMap<string, { readonly op: PureOp | 'noise'; readonly arity: number }> = new Map(
  (
    [
      ['spike', 1],
      ['sigmoid', 1],
      ['tanh', 1],
      ['exp', 1],
      ['log', 1],
      ['relu', 1],
      ['abs', 1],
      ['sqrt', 1],
      ['sin', 1],
      ['cos', 1],
      ['erf', 1],
      ['floor', 1],
      ['round', 1],
      ['where', 3],
      ['min', 2],
      ['max', 2],
      ['detach', 1],
      ['noise', 0],
    ] as const
  ).map(([op, arity]) => [op, { op, arity }]),
)

/** Where an expression stands: its text for errors, the builder it adds to, and what names mean. */
export interface ExpressionScope {
  readonly text: string
  readonly builder: ProgramBuilder
  /** Throws where the name is unknown. */
  readonly lookup: (name: string, span: Span) => ValueId
  /** Functions that make no sense here. */
  readonly without?: readonly string[]
  /** Functions of this place alone, by name, from the values of their two arguments. */
  readonly more?: { readonly [name: string]: (a: ValueId, b: ValueId) => ValueId }
}

/**
 * Adds an expression to a program.
 * @returns the id of its value
 * @throws EquationError for unknown names and functions, wrong argument counts, and constants that are not finite
 */
export function emitExpression(node: Expression, scope: ExpressionScope): ValueId {
  const id = emitNode(node, scope)
  const value = scope.builder.numberAt(id)
  if (value !== undefined && !Number.isFinite(value))
    throw equationError(
      scope.text,
      node.span,
      `${quoted(scope.text.slice(node.span.start, node.span.end))} is ${value}`,
      'Check the constants it is made of.',
      'a finite number',
    )
  return id
}

function emitNode(node: Expression, scope: ExpressionScope): ValueId {
  const { builder } = scope
  switch (node.kind) {
    case 'number':
      return builder.constant(node.value)
    case 'name':
      return scope.lookup(node.name, node.span)
    case 'negate':
      return builder.apply('neg', [emitExpression(node.operand, scope)])
    case 'binary':
      return builder.apply(node.op, [emitExpression(node.left, scope), emitExpression(node.right, scope)])
    case 'power':
      return emitPower(builder, emitExpression(node.base, scope), node.exponent)
    case 'call':
      return emitCall(node, scope)
  }
}

function emitPower(builder: ProgramBuilder, base: ValueId, exponent: number): ValueId {
  if (exponent === 0) return builder.constant(1)
  return exponent === 1 ? base : builder.apply('pow', [base], exponent)
}

function emitCall(node: Call, scope: ExpressionScope): ValueId {
  const span = { start: node.span.start, end: node.span.start + node.name.length }
  const more = Object.hasOwn(scope.more ?? {}, node.name) ? scope.more?.[node.name] : undefined
  const known = [...functions.keys()].filter((name) => !scope.without?.includes(name))
  known.push(...Object.keys(scope.more ?? {}))
  const found = more ? { op: more, arity: 2 } : known.includes(node.name) ? functions.get(node.name) : undefined
  if (found === undefined) {
    const what = functions.has(node.name)
      ? `${node.name}() cannot be used here`
      : `unknown function ${quoted(node.name)}`
    throw equationError(scope.text, span, what, suggestion(node.name, known))
  }
  if (node.args.length !== found.arity)
    throw equationError(
      scope.text,
      node.span,
      `${node.name}() takes ${found.arity || 'no'} argument${found.arity === 1 ? '' : 's'}, not ${node.args.length}`,
      `Write ${node.name}(${['a', 'b', 'c'].slice(0, found.arity).join(', ')}).`,
    )
  const { op } = found
  if (op === 'noise') return scope.builder.draw()
  const args = node.args.map((arg) => emitExpression(arg, scope))
  return typeof op === 'function' ? op(args[0], args[1]) : scope.builder.apply(op, args)
}
