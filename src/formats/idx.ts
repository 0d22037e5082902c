import { FormatError, type Shape, shapeText, sizeOf } from '../base/index.ts'
import { gunzip, isGzip } from './gzip.ts'
import { unpackedLimit } from './unpacked-limit.ts'

/** An array of bytes with its sizes, as MNIST's files hold it: images [N, H, W], labels [N]. */
export interface IdxArray {
  shape: number[]
  values: Uint8Array
}

const unsignedByte = 0x08

/**
 * Reads an IDX file of unsigned bytes, plain or gzip. The values of a plain file are a view of `bytes`.
 * @param file the name that errors show
 * @throws FormatError if the header is damaged, or the file is shorter or longer than its header says
 * @see http://yann.lecun.com/exdb/mnist/
 */
export function readIdx(bytes: Uint8Array, file = 'IDX bytes'): IdxArray {
  const plain = isGzip(bytes) ? gunzip(bytes, { file, limit: (head) => idxSize(head, bytes.length, file) }) : bytes
  const { shape, start, size } = readHeader(plain, file)
  if (plain.length !== size) {
    throw new FormatError({
      what: `IDX file is ${plain.length < size ? 'truncated' : 'longer than its header says'}`,
      place: `${file}, byte ${Math.min(plain.length, size)}`,
      expected: `${size} bytes for ${shapeText(shape)}`,
      got: `${plain.length} bytes`,
      next: 'Fetch the file again.',
    })
  }
  return { shape, values: plain.subarray(start) }
}

/**
 * Bytes of the unpacked file, as its header says.
 * @throws FormatError if the header is damaged, or asks for more than so few packed bytes can hold
 */
export function idxSize(head: Uint8Array, packed: number, file: string): number {
  const { shape, size } = readHeader(head, file)
  const most = unpackedLimit(packed)
  if (size <= most) return size
  throw new FormatError({
    what: 'IDX file is truncated, or its header asks for far more than its packed bytes hold',
    place: `${file}, header`,
    expected: `at most ${most} bytes from ${packed} packed ones`,
    got: `${size} bytes for ${shapeText(shape)}`,
    next: 'Fetch the file again; if you trust it, unpack it first (gunzip).',
  })
}

/** Writes an IDX file of unsigned bytes, not packed. */
export function writeIdx(shape: Shape, values: Uint8Array): Uint8Array {
  const start = 4 + 4 * shape.length
  const bytes = new Uint8Array(start + sizeOf(shape))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, (unsignedByte << 8) | shape.length)
  for (const [i, axis] of shape.entries()) view.setUint32(4 + 4 * i, axis)
  bytes.set(values, start)
  return bytes
}

function readHeader(bytes: Uint8Array, file: string): { shape: number[]; start: number; size: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = bytes.length >= 4 ? view.getUint32(0) : -1
  const axes = magic & 0xff
  if (magic >>> 8 !== unsignedByte || axes < 1 || axes > 4) {
    throw new FormatError({
      what: 'not an IDX file of unsigned bytes',
      place: `${file}, byte 0`,
      expected: '00 00 08 and 1 to 4 axes',
      got: [...bytes.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ') || 'no bytes',
    })
  }
  const start = 4 + 4 * axes
  if (bytes.length < start) {
    throw new FormatError({
      what: 'IDX file is truncated',
      place: `${file}, byte ${bytes.length}`,
      expected: `a header of ${start} bytes`,
      got: `${bytes.length} bytes`,
    })
  }
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i))
  return { shape, start, size: start + sizeOf(shape) }
}
