import { FormatError } from '../base/index.ts'

/** What a damaged file's error tells besides its place. */
export interface Damage {
  what: string
  expected?: string
  got?: string
  /** Default: fetch the file again. */
  next?: string
  cause?: unknown
}

/** The error for a file whose bytes are not what its format says, at a byte offset. */
export function damageAt(file: string, offset: number, damage: Damage): FormatError {
  return new FormatError({
    next: 'The file is truncated or damaged: fetch it again.',
    ...damage,
    place: placeIn(file, offset),
  })
}

/** `name.bin, byte 1234` */
export function placeIn(file: string, offset: number): string {
  return `${file}, byte ${offset}`
}

/** Runs a library's decoder: whatever it throws becomes an error that names the file. */
export function guarded<Result>(file: string, what: string, work: () => Result): Result {
  try {
    return work()
  } catch (cause) {
    if (cause instanceof FormatError) throw cause
    const got = cause instanceof Error ? cause.message : String(cause)
    throw damageAt(file, 0, { what, got: got.slice(0, 200), cause })
  }
}

/** What to do about an event outside of a sensor. */
export function largerSensor({ width, height }: { width: number; height: number }): string {
  return `The sensor is larger than ${width}x${height}: name its size. Or the file is damaged.`
}
