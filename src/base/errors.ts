import { plainLines } from './plain-text.ts'

/** What an error tells: the place, what was expected and what came instead, and what to do next. */
export interface ErrorParts {
  /** One line: what went wrong. */
  what: string
  /** Where: a file and offset, a layer path, an equation's line with a caret (may be several lines). */
  place?: string
  /** Of a text that was given: the characters that it is about, start .. end-1. */
  span?: { readonly start: number; readonly end: number }
  expected?: string
  got?: string
  /** What the reader can do about it. */
  next?: string | undefined
  cause?: unknown
}

function compose(parts: ErrorParts): string {
  const lines = [parts.what]
  if (parts.place) lines.push(...parts.place.split('\n').map((line) => `  ${line}`))
  if (parts.expected) lines.push(`  expected ${parts.expected}`)
  if (parts.got) lines.push(`  got      ${parts.got}`)
  if (parts.next) lines.push(parts.next)
  return plainLines(lines.join('\n'))
}

/** Every error that Spikelet raises on purpose. Its message is made for the person who reads it. */
export class SpikeletError extends Error {
  override name = 'SpikeletError'
  readonly parts: ErrorParts

  constructor(parts: ErrorParts) {
    super(compose(parts), parts.cause === undefined ? undefined : { cause: parts.cause })
    this.parts = parts
  }
}

/** Equations that cannot be read or compiled. */
export class EquationError extends SpikeletError {
  override name = 'EquationError'
}

/** Shapes that do not fit together. */
export class ShapeError extends SpikeletError {
  override name = 'ShapeError'
}

/** A file whose bytes are not what its format says. */
export class FormatError extends SpikeletError {
  override name = 'FormatError'
}

/** A command line, configuration or option that cannot be followed. */
export class UsageError extends SpikeletError {
  override name = 'UsageError'
}

/** Memory, threads or features that this machine does not have. */
export class ResourceError extends SpikeletError {
  override name = 'ResourceError'
}
