import type { Dataset } from './dataset.ts'

/** A running hash of 64 bits: two mixers of 32 bits each, fed word by word. It tells data apart; it guards no secrets. */
class Mixer {
  private a = 0x9e3779b9
  private b = 0x85ebca6b

  word(value: number): void {
    this.a = Math.imul(this.a ^ value, 0x01000193)
    this.a ^= this.a >>> 15
    this.b = Math.imul(this.b ^ value, 0xcc9e2d51)
    this.b ^= this.b >>> 13
  }

  bytes(bytes: Uint8Array): void {
    this.word(bytes.length)
    const whole = bytes.length - (bytes.length % 4)
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
    let { a, b } = this
    // As `word` does it, with both halves at hand: this loop reads whole data sets.
    for (const word of new Int32Array(aligned.buffer, aligned.byteOffset, whole / 4)) {
      a = Math.imul(a ^ word, 0x01000193)
      a ^= a >>> 15
      b = Math.imul(b ^ word, 0xcc9e2d51)
      b ^= b >>> 13
    }
    Object.assign(this, { a, b })
    for (let i = whole; i < bytes.length; i++) this.word(bytes[i])
  }

  text(): string {
    return [this.a, this.b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

/** 16 hexadecimal digits that depend on every line and their order. */
export function linesHash(lines: Iterable<string>): string {
  const mixer = new Mixer()
  const encoder = new TextEncoder()
  for (const line of lines) mixer.bytes(encoder.encode(line))
  return mixer.text()
}

/** 16 hexadecimal digits that depend on every byte of a file. */
export function contentHash(bytes: Uint8Array): string {
  const mixer = new Mixer()
  mixer.bytes(bytes)
  return mixer.text()
}

/**
 * 16 hexadecimal digits by which a run record names its samples: two runs with equal digits had the same ones in the
 * same order. From the data set's own list of members where it has one; else from labels and, where they lie in one
 * piece, pixels.
 */
export function membersHash(dataset: Dataset): string {
  if (dataset.members !== undefined) return dataset.members
  const mixer = new Mixer()
  for (let i = 0; i < dataset.length; i++) mixer.word(dataset.label(i))
  if (dataset.pixels) mixer.bytes(dataset.pixels)
  const values = dataset.targets?.values
  if (values) mixer.bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return mixer.text()
}
