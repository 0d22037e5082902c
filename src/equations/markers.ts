import { type FragmentOptions, resetOf } from './fragments.ts'
import type { Span } from './place.ts'
import type { BinaryOp, Call, Expression, Statement } from './syntax.ts'

/** Nodes in place of a marker: an error about one of them shows the marker, as its author wrote it. */
function made(span: Span) {
  const deeper = (...below: readonly Expression[]) => 1 + Math.max(...below.map(({ depth }) => depth))
  const number = (value: number): Expression =>
    value < 0
      ? { kind: 'negate', operand: { kind: 'number', value: -value, span, depth: 1 }, span, depth: 2 }
      : { kind: 'number', value, span, depth: 1 }
  return {
    number,
    name: (name: string): Expression => ({ kind: 'name', name, span, depth: 1 }),
    call: (name: string, arg: Expression): Expression => ({
      kind: 'call',
      name,
      args: [arg],
      span,
      depth: deeper(arg),
    }),
    binary: (op: BinaryOp, left: Expression, right: Expression): Expression => ({
      kind: 'binary',
      op,
      left,
      right,
      span,
      depth: deeper(left, right),
    }),
  }
}

/**
 * Equations as the compiler takes them: every marker replaced in the syntax tree. What its author wrote keeps its place in
 * the text; what takes a marker's place has that of the marker.
 * @param statements whose markers have been checked
 */
export function withoutMarkers(
  statements: readonly Statement[],
  options: FragmentOptions,
): Extract<Statement, { kind: 'assignment' }>[] {
  const late = options.reset === 'late' && statements.some((one) => one.kind === 'assignment' && one.target === 's')
  const resets = statements.flatMap((one) => (one.kind === 'marker' ? resetStatement(one.call, options) : []))
  let placed = false
  return statements.flatMap((statement) => {
    if (statement.kind === 'marker') return late ? [] : resetStatement(statement.call, options)
    const own = { ...statement, value: expanded(statement.value, options) }
    // A late reset stands in front of the spike, where s is still that of the step before.
    const before = late && !placed && statement.target === 's' ? resets : []
    placed ||= before.length > 0
    return [...before, own]
  })
}

function resetStatement(call: Call, options: FragmentOptions): Extract<Statement, { kind: 'assignment' }>[] {
  const { kind, to } = resetOf(options.reset)
  if (kind === 'none') return []
  const { name, number, binary, call: called } = made(call.span)
  const [potential, given] = call.args
  if (potential.kind !== 'name') return []
  const u = name(potential.name)
  const s = options.detachReset ? called('detach', name('s')) : name('s')
  const value = () => {
    if (kind !== 'hard') {
      const amount = given ? expanded(given, options) : name('threshold')
      return binary('sub', u, binary('mul', s, amount))
    }
    const left = binary('mul', u, binary('sub', number(1), s))
    return to === 0 ? left : binary(to < 0 ? 'sub' : 'add', left, binary('mul', number(Math.abs(to)), s))
  }
  return [{ kind: 'assignment', target: potential.name, targetSpan: potential.span, value: value() }]
}

function expanded(node: Expression, options: FragmentOptions): Expression {
  switch (node.kind) {
    case 'negate':
      return { ...node, operand: expanded(node.operand, options) }
    case 'power':
      return { ...node, base: expanded(node.base, options) }
    case 'binary':
      return { ...node, left: expanded(node.left, options), right: expanded(node.right, options) }
    case 'call':
      return marker(
        node,
        node.args.map((arg) => expanded(arg, options)),
        options,
      )
    default:
      return node
  }
}

function marker(node: Call, args: readonly Expression[], { decayInput, leak }: FragmentOptions): Expression {
  const { name, number, binary } = made(node.span)
  if (node.name === 'input') return decayInput ? args[0] : name('x')
  if (node.name !== 'leak') return { ...node, args }
  const [potential, rate] = args
  const decay = binary('sub', number(1), rate)
  if (leak === 0) return binary('mul', decay, potential)
  return binary('add', number(leak), binary('mul', decay, binary('sub', potential, number(leak))))
}
