import { UsageError } from '../base/index.ts'
import { parseEquations } from './parse.ts'
import { equationError, type Span } from './place.ts'
import { type Call, type Statement, walk } from './syntax.ts'

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

interface ResetParts {
  readonly u: string
  readonly s: string
  /** What a soft reset takes away. */
  readonly amount: string
  /** Where a hard reset goes. */
  readonly to: number
}

/** The fragments that all neurons share. */
const resets: { readonly [kind in ResetKind]: (parts: ResetParts) => string } = {
  soft: ({ u, s, amount }) => `${u} = ${u} - ${s} * ${amount}`,
  late: ({ u, s, amount }) => `${u} = ${u} - ${s} * ${amount}`,
  hard: ({ u, s, to }) => `${u} = ${u} * (1 - ${s})${to === 0 ? '' : ` ${to < 0 ? '-' : '+'} ${Math.abs(to)} * ${s}`}`,
  none: () => '',
}

/** Which markers an equation text holds, and so which options its neuron can take. */
export interface Markers {
  readonly reset: boolean
  readonly input: boolean
  /** The potentials that leak. */
  readonly leaks: readonly string[]
}

/**
 * Equations with every marker replaced: `reset(u)` or `reset(u, amount)` on a line of its own by the reset line,
 * `input(x / tau)` by `x`, or by what it holds where decayInput is on, `leak(u, 1/tau)` by the decay of u.
 * @throws EquationError for a marker with wrong arguments
 */
export function expandMarkers(text: string, options: FragmentOptions): { text: string; markers: Markers } {
  const statements = parseEquations(text)
  const resetLines = statements.flatMap((statement) => (statement.kind === 'marker' ? [statement.call] : []))
  const inputs = statements.flatMap((statement) => markersOf(statement, 'input'))
  const leaks = statements.flatMap((statement) => markersOf(statement, 'leak'))
  const replaced = [
    ...resetLines.flatMap((call) => placedReset(text, call, statements, options)),
    ...inputs.map((call) => ({ span: call.span, by: inputFragment(text, call, options.decayInput) })),
    ...leaks.map((call) => ({ span: call.span, by: leakFragment(text, call, options.leak) })),
  ]
  const markers = {
    reset: resetLines.length > 0,
    input: inputs.length > 0,
    leaks: leaks.flatMap(({ args: [potential] }) => (potential.kind === 'name' ? [potential.name] : [])),
  }
  return { text: replaceAll(text, replaced), markers }
}

function markersOf(statement: Statement, name: string): Call[] {
  if (statement.kind === 'marker') return []
  return [...walk(statement.value)].filter((node): node is Call => node.kind === 'call' && node.name === name)
}

interface Replacement {
  readonly span: Span
  readonly by: string
}

/** A reset where its marker stands; a late one in front of the spike instead, where s is still that of the step before. */
function placedReset(
  text: string,
  call: Call,
  statements: readonly Statement[],
  options: FragmentOptions,
): Replacement[] {
  const line = resetLine(text, call, options)
  const spike = statements.find((statement) => statement.kind === 'assignment' && statement.target === 's')
  if (options.reset !== 'late' || spike?.kind !== 'assignment') return [{ span: call.span, by: line }]
  const { start } = spike.targetSpan
  const indent = /[ \t]*$/.exec(text.slice(0, start))![0]
  return [
    { span: call.span, by: '' },
    { span: { start, end: start }, by: `${line}\n${indent}` },
  ]
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

/** A potential after its leak: towards 0, or towards a value. */
function leakFragment(text: string, call: Call, to: number): string {
  const [potential, rate] = call.args
  if (call.args.length !== 2 || potential.kind !== 'name')
    throw equationError(text, call.span, 'leak takes a potential and its rate', 'write for example leak(u, 1/tau)')
  const decay = `(1 - ${sourceOf(text, rate.span)})`
  if (to === 0) return `${decay} * ${potential.name}`
  return `(${numberText(to)} + ${decay} * (${potential.name} - ${numberText(to)}))`
}

function numberText(value: number): string {
  return value < 0 ? `(${value})` : String(value)
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
    next: 'write for example reset: { hard: -0.1 }',
  })
}

function sourceOf(text: string, { start, end }: Span): string {
  return text.slice(start, end)
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
