import { UsageError } from '../base/index.ts'
import { parseEquations } from './parse.ts'
import { equationError, type Span } from './place.ts'
import { type Call, type Statement, walk } from './syntax.ts'

/** What happens to the potential where a spike is: `hard` alone means hard reset to 0. */
export type Reset = 'soft' | 'none' | 'hard' | { readonly hard: number }

/** Options that put a fragment where the equations have a marker. */
export interface FragmentOptions {
  readonly reset: Reset
  /** No gradient through s in the reset line. */
  readonly detachReset: boolean
  /** The decayed input, such as x / tau, instead of x. */
  readonly decayInput: boolean
}

interface ResetParts {
  readonly u: string
  readonly s: string
  /** What a soft reset takes away. */
  readonly amount: string
  /** Where a hard reset goes. */
  readonly to: number
}

/** The fragments that all neurons share. */
const resets: { readonly [kind in 'soft' | 'hard' | 'none']: (parts: ResetParts) => string } = {
  soft: ({ u, s, amount }) => `${u} = ${u} - ${s} * ${amount}`,
  hard: ({ u, s, to }) => `${u} = ${u} * (1 - ${s})${to === 0 ? '' : ` ${to < 0 ? '-' : '+'} ${Math.abs(to)} * ${s}`}`,
  none: () => '',
}

/** Which markers an equation text holds, and so which options its neuron can take. */
export interface Markers {
  readonly reset: boolean
  readonly input: boolean
}

/**
 * Equations with every marker replaced: `reset(u)` or `reset(u, amount)` on a line of its own by the reset line,
 * `input(x / tau)` by `x`, or by what it holds where decayInput is on.
 * @throws EquationError for a marker with wrong arguments
 */
export function expandMarkers(text: string, options: FragmentOptions): { text: string; markers: Markers } {
  const statements = parseEquations(text)
  const resetLines = statements.flatMap((statement) => (statement.kind === 'marker' ? [statement.call] : []))
  const inputs = statements.flatMap(inputMarkers)
  const replaced = [
    ...resetLines.map((call) => ({ span: call.span, by: resetLine(text, call, options) })),
    ...inputs.map((call) => ({ span: call.span, by: inputFragment(text, call, options.decayInput) })),
  ]
  return { text: replaceAll(text, replaced), markers: { reset: resetLines.length > 0, input: inputs.length > 0 } }
}

function inputMarkers(statement: Statement): Call[] {
  if (statement.kind === 'marker') return []
  return [...walk(statement.value)].filter((node): node is Call => node.kind === 'call' && node.name === 'input')
}

function resetLine(text: string, call: Call, { reset, detachReset }: FragmentOptions): string {
  const [potential, amount] = call.args
  if (call.name !== 'reset')
    throw equationError(
      text,
      call.span,
      `${call.name}(...) on a line of its own assigns nothing`,
      'write name = expression, or reset(u)',
    )
  if (potential?.kind !== 'name' || call.args.length > 2)
    throw equationError(
      text,
      call.span,
      'reset takes a potential, and perhaps an amount',
      'write reset(u) or reset(u, amount)',
    )
  const { kind, to } = resetOf(reset)
  const plain = amount === undefined ? 'threshold' : sourceOf(text, amount.span)
  return resets[kind]({
    u: potential.name,
    s: detachReset ? 'detach(s)' : 's',
    amount: amount?.kind === 'binary' || amount?.kind === 'negate' ? `(${plain})` : plain,
    to,
  })
}

function inputFragment(text: string, call: Call, decayed: boolean): string {
  const [value] = call.args
  if (call.args.length !== 1)
    throw equationError(text, call.span, 'input takes the decayed input', 'write for example input(x / tau)')
  return decayed ? `(${sourceOf(text, value.span)})` : 'x'
}

/**
 * Kind and target of a reset.
 * @throws UsageError where it is none of the four forms
 */
export function resetOf(reset: Reset): { kind: 'soft' | 'hard' | 'none'; to: number } {
  if (reset === 'soft' || reset === 'none' || reset === 'hard') return { kind: reset, to: 0 }
  if (
    typeof reset === 'object' &&
    reset !== null &&
    Object.keys(reset).join() === 'hard' &&
    Number.isFinite(reset.hard)
  )
    return { kind: 'hard', to: reset.hard }
  throw new UsageError({
    what: `unknown reset ${JSON.stringify(reset)}`,
    expected: "'soft', 'hard', 'none' or { hard: value }",
    next: 'write for example reset: { hard: -0.1 }',
  })
}

function sourceOf(text: string, { start, end }: Span): string {
  return text.slice(start, end)
}

/** Replaces spans from the last to the first; a line that becomes empty goes. */
function replaceAll(text: string, replaced: readonly { readonly span: Span; readonly by: string }[]): string {
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
