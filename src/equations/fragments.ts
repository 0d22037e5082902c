import { UsageError } from '../base/index.ts'
import { expressionText, strengthOf, strongest } from './expression-text.ts'
import type { Assignment } from './names.ts'
import { parseEquations } from './parse.ts'
import { equationError, type Span } from './place.ts'
import type { BinaryOp, Call, Expression, Statement } from './syntax.ts'

/**
 * What happens to the potential where a spike is: `hard` alone means hard reset to 0. `late` subtracts as `soft` does, but in
 * the next step, after leak and input.
 */
export type Reset = 'soft' | 'late' | 'none' | 'hard' | { readonly hard: number }

/** Options that put a fragment where the equations have a marker. */
export interface FragmentOptions {
  readonly reset: Reset
  /** No gradient through s in the reset line. */
  readonly detachReset: boolean
  /** The decayed input, such as x / tau, instead of x. */
  readonly decayInput: boolean
  /** What a potential leaks towards. */
  readonly leak: number
}

type ResetKind = 'soft' | 'late' | 'hard' | 'none'

/** Which markers an equation text holds, and so which options its neuron can take. */
export interface Markers {
  readonly reset: boolean
  readonly input: boolean
  /** The potentials that leak. */
  readonly leaks: readonly string[]
}

/** Equations without markers. */
export interface Expanded {
  /** As the compiler takes them: what takes a marker's place has its place in the author's text. */
  readonly statements: readonly Assignment[]
  /** As people read them. */
  readonly text: string
  readonly markers: Markers
}

/**
 * Equations with every marker replaced in the syntax tree: `reset(u)` or `reset(u, amount)` on a line of its own by the reset
 * line, `input(x / tau)` by `x`, or by what it holds where decayInput is on, `leak(u, 1/tau)` by the decay of u.
 * @throws EquationError for a marker with wrong arguments
 */
export function expandMarkers(text: string, options: FragmentOptions): Expanded {
  const expansion = new Expansion(text, options)
  const statements = expansion.statements(parseEquations(text))
  return { statements, text: replaceAll(text, expansion.replaced), markers: expansion.markers }
}

interface Replacement {
  readonly span: Span
  readonly by: string
}

/** Puts fragments in the place of markers, and remembers where in the text each stood. */
class Expansion {
  readonly replaced: Replacement[] = []
  private readonly text: string
  private readonly options: FragmentOptions
  private hasReset = false
  private hasInput = false
  private readonly leaks: string[] = []
  /** Above 0 inside of a marker, which is replaced as a whole. */
  private within = 0

  constructor(text: string, options: FragmentOptions) {
    this.text = text
    this.options = options
  }

  get markers(): Markers {
    return { reset: this.hasReset, input: this.hasInput, leaks: this.leaks }
  }

  statements(written: readonly Statement[]): Assignment[] {
    const spike = written.find((one) => one.kind === 'assignment' && one.target === 's')
    const late = this.options.reset === 'late' && spike?.kind === 'assignment' ? spike : null
    const resets: Assignment[] = []
    const found = written.flatMap((one) => {
      if (one.kind === 'assignment') return [{ ...one, value: this.expression(one.value) }]
      const line = this.reset(one.call)
      this.replaced.push({ span: one.call.span, by: line && !late ? lineText(line) : '' })
      if (line && late) resets.push(line)
      return line && !late ? [line] : []
    })
    if (!late || resets.length === 0) return found
    // A late reset stands in front of the spike, where s is still that of the step before.
    const { start } = late.targetSpan
    const indent = /[ \t]*$/.exec(this.text.slice(0, start))![0]
    for (const line of resets) this.replaced.push({ span: { start, end: start }, by: `${lineText(line)}\n${indent}` })
    const at = found.findIndex(({ target }) => target === 's')
    return [...found.slice(0, at), ...resets, ...found.slice(at)]
  }

  private reset(call: Call): Assignment | null {
    const [potential, given] = call.args
    if (call.name !== 'reset')
      throw equationError(
        this.text,
        call.span,
        `${call.name}(...) on a line of its own assigns nothing`,
        'Write name = expression, or reset(u).',
      )
    if (potential?.kind !== 'name' || call.args.length > 2)
      throw equationError(
        this.text,
        call.span,
        'reset takes a potential, and perhaps an amount',
        'Write reset(u) or reset(u, amount).',
      )
    this.hasReset = true
    this.within++
    const amount = given && this.expression(given)
    this.within--
    const { kind, to } = resetOf(this.options.reset)
    if (kind === 'none') return null
    const { name, number, binary, detached } = fragmentsAt(call.span)
    const s = this.options.detachReset ? detached(name('s')) : name('s')
    const left = kind === 'hard' ? binary('mul', potential, binary('sub', number(1), s)) : potential
    const value =
      kind !== 'hard'
        ? binary('sub', left, binary('mul', s, amount ?? name('threshold')))
        : to === 0
          ? left
          : binary(to < 0 ? 'sub' : 'add', left, binary('mul', number(Math.abs(to)), s))
    return { kind: 'assignment', target: potential.name, targetSpan: potential.span, value }
  }

  /** @param least how strongly what stands here must bind to need no brackets */
  private expression(node: Expression, least = 0): Expression {
    switch (node.kind) {
      case 'negate':
        return { ...node, operand: this.expression(node.operand, 3) }
      case 'power':
        return { ...node, base: this.expression(node.base, strongest) }
      case 'binary': {
        const strength = strengthOf(node.op)
        return { ...node, left: this.expression(node.left, strength), right: this.expression(node.right, strength + 1) }
      }
      case 'call': {
        if (node.name !== 'input' && node.name !== 'leak')
          return { ...node, args: node.args.map((arg) => this.expression(arg)) }
        this.within++
        const by = node.name === 'input' ? this.input(node) : this.leak(node)
        this.within--
        if (this.within === 0) this.replaced.push({ span: node.span, by: expressionText(by, least) })
        return by
      }
      default:
        return node
    }
  }

  private input({ args, span }: Call): Expression {
    if (args.length !== 1)
      throw equationError(this.text, span, 'input takes the decayed input', 'Write for example input(x / tau).')
    this.hasInput = true
    return this.options.decayInput ? this.expression(args[0]) : fragmentsAt(span).name('x')
  }

  /** A potential after its leak: towards 0, or towards a value. */
  private leak({ args, span }: Call): Expression {
    const [potential, rate] = args
    if (args.length !== 2 || potential.kind !== 'name')
      throw equationError(this.text, span, 'leak takes a potential and its rate', 'Write for example leak(u, 1/tau).')
    this.leaks.push(potential.name)
    const { leak: to } = this.options
    const { number, binary } = fragmentsAt(span)
    const decay = binary('sub', number(1), this.expression(rate))
    if (to === 0) return binary('mul', decay, potential)
    return binary('add', number(to), binary('mul', decay, binary('sub', potential, number(to))))
  }
}

function lineText({ target, value }: Assignment): string {
  return `${target} = ${expressionText(value)}`
}

/** Nodes in the place of a marker: an error about one of them shows the marker, as its author wrote it. */
function fragmentsAt(span: Span) {
  return {
    number: (value: number): Expression => {
      const plain: Expression = { kind: 'number', value: Math.abs(value), span, depth: 1 }
      return value < 0 ? { kind: 'negate', operand: plain, span, depth: 2 } : plain
    },
    name: (name: string): Expression => ({ kind: 'name', name, span, depth: 1 }),
    detached: (arg: Expression): Expression => ({
      ...{ kind: 'call', name: 'detach', args: [arg], span, depth: 1 + arg.depth },
    }),
    binary: (op: BinaryOp, left: Expression, right: Expression): Expression => ({
      ...{ kind: 'binary', op, left, right, span, depth: 1 + Math.max(left.depth, right.depth) },
    }),
  }
}

/**
 * Kind and target of a reset.
 * @throws UsageError where it is none of these forms
 */
export function resetOf(reset: Reset): { kind: ResetKind; to: number } {
  if (reset === 'soft' || reset === 'late' || reset === 'none' || reset === 'hard') return { kind: reset, to: 0 }
  if (
    typeof reset === 'object' &&
    reset !== null &&
    Object.keys(reset).join() === 'hard' &&
    Number.isFinite(reset.hard)
  )
    return { kind: 'hard', to: reset.hard }
  throw new UsageError({
    what: `unknown reset ${JSON.stringify(reset)}`,
    expected: "'soft', 'late', 'hard', 'none' or { hard: value }",
    next: 'Write for example reset: { hard: -0.1 }.',
  })
}

/** Replaces spans from the last to the first; a line that becomes empty goes. */
function replaceAll(text: string, replaced: readonly Replacement[]): string {
  let result = text
  for (const { span, by } of [...replaced].sort((a, b) => b.span.start - a.span.start)) {
    const after =
      by === ''
        ? result.slice(span.end).replace(/^[ \t]*(?:#[^\n]*|\/\/[^\n]*)?(?:;|\n|$)/, '')
        : result.slice(span.end)
    const before = result.slice(0, span.start)
    result = (by === '' ? before.replace(/[ \t]+$/, '') : before) + by + after
  }
  return result
}

/** Equations without surrounding blank lines and common indentation, so that line numbers begin at the first one. */
export function dedent(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  while (lines.length > 0 && lines[0].trim() === '') lines.shift()
  while (lines.length > 0 && lines[lines.length - 1].trim() === '') lines.pop()
  let margin = Number.POSITIVE_INFINITY
  for (const line of lines) if (line.trim() !== '') margin = Math.min(margin, line.length - line.trimStart().length)
  return lines.map((line) => line.slice(Math.min(margin, line.length)).trimEnd()).join('\n')
}
