import { damageAt } from '../damage.ts'

const lookBits = 9

/** A Huffman code, ready to be read: short codes by a table, long ones length by length. */
export interface HuffmanTable {
  /** By the next 9 bits: symbol, and in the upper bits the code's length; 0 for longer codes. */
  readonly short: Uint16Array
  /** By length: the first code that is longer, shifted up to 16 bits; and where symbols of this length begin. */
  readonly limits: Int32Array
  readonly offsets: Int32Array
  readonly symbols: Uint8Array
}

/**
 * @param counts [16], codes of each length
 * @returns null if the lengths cannot be a code
 */
export function huffmanTable(counts: Uint8Array, symbols: Uint8Array): HuffmanTable | null {
  const short = new Uint16Array(1 << lookBits)
  const limits = new Int32Array(18)
  const offsets = new Int32Array(18)
  let [code, k] = [0, 0]
  for (let length = 1; length <= 16; length++) {
    offsets[length] = k - code
    for (let i = 0; i < counts[length - 1]; i++, k++, code++) {
      if (code >= 1 << length) return null
      if (length > lookBits) continue
      const first = code << (lookBits - length)
      short.fill((length << 8) | symbols[k], first, first + (1 << (lookBits - length)))
    }
    limits[length] = code << (16 - length)
    code <<= 1
  }
  limits[17] = 0x7fffffff
  return { short, limits, offsets, symbols }
}

/** Reads the bits of one scan, up to the next marker. */
export class BitReader {
  private readonly bytes: Uint8Array
  private readonly file: string
  /** The next byte to take. */
  at: number
  private bits = 0
  private count = 0
  /** Zero bits given after the scan's end; reading one of them is an error. */
  private padded = 0

  constructor(bytes: Uint8Array, at: number, file: string) {
    this.bytes = bytes
    this.at = at
    this.file = file
  }

  /** The next n bits, n at most 16. */
  take(n: number): number {
    if (n === 0) return 0
    if (this.count < n) this.fill()
    this.drop(n)
    return (this.bits >>> this.count) & ((1 << n) - 1)
  }

  /** A value of n bits whose first bit tells its sign, as the standard extends it. */
  takeSigned(n: number): number {
    const value = this.take(n)
    return n > 0 && value < 1 << (n - 1) ? value - (1 << n) + 1 : value
  }

  symbol(table: HuffmanTable): number {
    if (this.count < 16) this.fill()
    const next = (this.bits >>> (this.count - 16)) & 0xffff
    const found = table.short[next >> (16 - lookBits)]
    if (found !== 0) {
      this.drop(found >> 8)
      return found & 255
    }
    let length = lookBits + 1
    while (next >= table.limits[length]) length++
    if (length > 16) throw damageAt(this.file, this.at, { what: 'JPEG scan holds a code that its table does not have' })
    this.drop(length)
    return table.symbols[(next >> (16 - length)) + table.offsets[length]]
  }

  /** Forgets what is left of the last byte and steps over a restart marker. */
  restart(): void {
    this.bits = 0
    this.count = 0
    this.padded = 0
    const { bytes } = this
    while (this.at + 1 < bytes.length && !(bytes[this.at] === 0xff && bytes[this.at + 1] >= 0xd0)) this.at++
    if (bytes[this.at + 1] >= 0xd0 && bytes[this.at + 1] <= 0xd7) this.at += 2
    else throw damageAt(this.file, this.at, { what: 'JPEG scan lacks a restart marker' })
  }

  private drop(n: number): void {
    this.count -= n
    if (this.count < this.padded) {
      throw damageAt(this.file, this.at, { what: 'JPEG scan is truncated', expected: 'more data', got: 'its end' })
    }
  }

  private fill(): void {
    const { bytes } = this
    while (this.count <= 16) {
      let byte = 0
      const atMarker = this.at >= bytes.length || (bytes[this.at] === 0xff && bytes[this.at + 1] !== 0)
      if (atMarker) this.padded += 8
      else {
        byte = bytes[this.at]
        this.at += byte === 0xff ? 2 : 1
      }
      this.bits = ((this.bits << 8) | byte) & 0xffffffff
      this.count += 8
    }
  }
}
