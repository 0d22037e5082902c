import { EquationError, nearestName } from '../base/index.ts'

/** A piece of an equation text: characters start .. end-1. */
export interface Span {
  readonly start: number
  readonly end: number
}

const widest = 100

/**
 * An error that shows the line with a caret under the place. Long lines are cut around the place, characters that a
 * terminal would act on are shown as `·`.
 */
export function equationError(text: string, span: Span, what: string, next: string, expected?: string): EquationError {
  const place = underline(text, span)
  return new EquationError({ what, place, span, next, ...(expected === undefined ? {} : { expected }) })
}

/**
 * The line that holds the start of `span`, and a second line with carets under it:
 *
 *     1 | u = (1 - 1/tua)*u + x
 *       |            ^^^
 */
export function underline(text: string, span: Span): string {
  const from = text.lastIndexOf('\n', span.start - 1) + 1
  const newline = text.indexOf('\n', span.start)
  const to = newline < 0 ? text.length : newline
  const number = `${countLines(text, from)}`
  const cut = Math.max(from, Math.min(span.start - 60, to - widest))
  const head = cut > from ? '...' : ''
  const tail = to - cut > widest ? '...' : ''
  const line = printable(text.slice(cut, Math.min(to, cut + widest)))
  const room = Math.max(1, line.length - (span.start - cut))
  const carets = '^'.repeat(Math.max(1, Math.min(span.end - span.start, room)))
  const margin = ' '.repeat(number.length)
  return `${number} | ${head}${line}${tail}\n${margin} | ${' '.repeat(head.length + span.start - cut)}${carets}`
}

/** Runs `read`; an EquationError from it says first what was being read. */
export function within<Result>(what: string, read: () => Result): Result {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof EquationError)) throw error
    throw new EquationError({ ...error.parts, what: `${what}: ${error.parts.what}`, cause: error })
  }
}

/** Text from a user, short and without control characters, for use inside a message. */
export function quoted(text: string): string {
  return `'${printable(text.length > 40 ? `${text.slice(0, 40)}...` : text)}'`
}

/** `did you mean 'tau'? known here: m, s, tau`. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearestName(name, known)
  const shown = [...known].sort().slice(0, 30)
  const list = `known here: ${shown.join(', ')}${known.length > shown.length ? ', ...' : ''}`
  return near === undefined ? list : `did you mean '${near}'? ${list}`
}

function printable(text: string): string {
  return text.replace(/\t/g, ' ').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (hidden) => '·'.repeat(hidden.length))
}

function countLines(text: string, end: number): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) lines++
  return lines
}
