import { damageAt } from './damage.ts'

const frameMagic = 0x184d2204
const flags = {
  version: 0xc0,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  dictionary: 0x01,
} as const

/** Whether the bytes begin as an LZ4 frame does. */
export function isLz4Frame(bytes: Uint8Array): boolean {
  return bytes.length >= 7 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) === frameMagic
}

/**
 * Unpacks an LZ4 frame. Its checksums are not looked at.
 * @param most bytes that it may become
 * @throws FormatError if it is damaged, or becomes larger
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function unpackLz4(bytes: Uint8Array, most: number, file: string): Uint8Array {
  const broken = (what: string, at: number) => damageAt(file, at, { what: `LZ4 frame is damaged: ${what}` })
  if (!isLz4Frame(bytes)) throw broken('it does not begin as one', 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const flag = bytes[4]
  if ((flag & flags.version) !== 0x40) throw broken(`version ${flag >> 6}`, 4)
  let at = 6 + (flag & flags.contentSize ? 8 : 0) + (flag & flags.dictionary ? 4 : 0) + 1
  let out = new Uint8Array(Math.min(most, Math.max(1024, 4 * bytes.length)))
  let end = 0
  const room = (size: number) => {
    if (end + size > most)
      throw damageAt(file, at, { what: 'LZ4 frame is larger than it may be', expected: `${most} bytes` })
    if (end + size <= out.length) return
    const larger = new Uint8Array(Math.min(most, Math.max(2 * out.length, end + size)))
    larger.set(out)
    out = larger
  }
  for (;;) {
    if (at + 4 > bytes.length) throw broken('it ends without an end mark', at)
    const head = view.getUint32(at, true)
    at += 4
    if (head === 0) return out.subarray(0, end)
    const size = head & 0x7fffffff
    if (at + size > bytes.length) throw broken('a block is longer than the frame', at)
    const block = bytes.subarray(at, at + size)
    if (head >>> 31) {
      room(size)
      out.set(block, end)
      end += size
    } else unpackBlock(block, at)
    at += size + (flag & flags.blockChecksum ? 4 : 0)
  }

  /** Literals, and copies of what came before. */
  function unpackBlock(block: Uint8Array, place: number): void {
    let i = 0
    const length = (start: number): number => {
      let sum = start
      if (start !== 15) return sum
      let more = 255
      while (more === 255) {
        if (i >= block.length) throw broken('a length has no end', place + i)
        more = block[i++]
        sum += more
      }
      return sum
    }
    while (i < block.length) {
      const token = block[i++]
      const literals = length(token >> 4)
      if (i + literals > block.length) throw broken('literals end with the block', place + i)
      room(literals)
      out.set(block.subarray(i, i + literals), end)
      end += literals
      i += literals
      if (i === block.length) return
      if (i + 2 > block.length) throw broken('a copy has no place', place + i)
      const back = block[i] | (block[i + 1] << 8)
      i += 2
      if (back === 0 || back > end) throw broken('a copy from before the beginning', place + i)
      const copied = 4 + length(token & 15)
      room(copied)
      for (let k = 0; k < copied; k++, end++) out[end] = out[end - back]
    }
  }
}
