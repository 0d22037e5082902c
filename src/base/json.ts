import { FormatError } from './errors.ts'
import { suggestion } from './suggestion.ts'

/** How deep JSON may nest; whoever walks over it may recurse this far. */
const deepest = 200

/**
 * A value out of JSON that somebody else may have written, and its place. Each question that the value does not fit is a
 * FormatError that names the place, what was expected, and what came instead.
 */
export class Json {
  readonly value: unknown
  /** `layer.layers[3].kernelSize`. */
  readonly place: string

  /** @throws FormatError if it nests too deeply */
  constructor(value: unknown, place: string) {
    this.value = value
    this.place = place
  }

  /** A whole value, whose depth is checked. @throws FormatError if it nests too deeply */
  static whole(value: unknown, place: string): Json {
    if (depthOf(value, deepest) > deepest) {
      throw new FormatError({
        what: 'JSON is nested too deeply',
        place,
        expected: `at most ${deepest} levels`,
        got: 'more',
      })
    }
    return new Json(value, place)
  }

  /** Whether it is there. */
  get isGiven(): boolean {
    return this.value !== undefined
  }

  /** An entry of an object; a value that is not given where there is none. */
  at(name: string): Json {
    const held = this.object()
    return new Json(Object.hasOwn(held, name) ? held[name] : undefined, `${this.place}.${name}`)
  }

  object(): { readonly [name: string]: unknown } {
    const { value } = this
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as { [name: string]: unknown }
    throw this.fault('an object')
  }

  /** Entries of an object. */
  entries(): [name: string, value: Json][] {
    return Object.keys(this.object()).map((name) => [name, this.at(name)])
  }

  /** @throws FormatError if an object has other entries than these */
  only(...names: string[]): this {
    const other = Object.keys(this.object()).find((name) => !names.includes(name))
    if (other === undefined) return this
    throw new FormatError({
      what: `there is no such entry, '${other.slice(0, 80)}'`,
      place: this.place,
      expected: names.join(', ') || 'none',
      next: suggestion(other, names),
    })
  }

  list(): Json[] {
    const { value } = this
    if (Array.isArray(value)) return value.map((item, i) => new Json(item, `${this.place}[${i}]`))
    throw this.fault('a list')
  }

  text(): string {
    if (typeof this.value === 'string') return this.value
    throw this.fault('a text')
  }

  oneOf<const Name extends string>(...names: readonly Name[]): Name {
    const found = names.find((name) => name === this.value)
    if (found !== undefined) return found
    throw this.fault(names.map((name) => `"${name}"`).join(', '))
  }

  flag(): boolean {
    if (typeof this.value === 'boolean') return this.value
    throw this.fault('true or false')
  }

  number(): number {
    if (typeof this.value === 'number' && Number.isFinite(this.value)) return this.value
    throw this.fault('a number')
  }

  whole(least: number, most = 2 ** 31 - 1): number {
    const { value } = this
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value
    throw this.fault(`a whole number from ${least} to ${most}`)
  }

  /** What `read` makes of it; undefined where it is not given. */
  optional<Result>(read: (json: Json) => Result): Result | undefined {
    return this.isGiven ? read(this) : undefined
  }

  /** What does not fit: told with the place. */
  fault(expected: string): FormatError {
    return new FormatError({ what: 'a value does not fit', place: this.place, expected, got: jsonText(this.value) })
  }
}

/** Levels of lists and objects within each other, counted up to one more than `most`. */
function depthOf(value: unknown, most: number): number {
  let level: unknown[] = [value]
  for (let depth = 0; depth <= most; depth++) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []))
    if (level.length === 0) return depth
  }
  return most + 1
}

/** A value for an error, in short: lists and objects, which may nest without end, are not written out. */
export function jsonText(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null)
    return `an object with ${Object.keys(value).slice(0, 6).join(', ').slice(0, 120) || 'no entries'}`
  return JSON.stringify(value).slice(0, 120)
}
