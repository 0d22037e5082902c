import { FormatError, sizeOf } from '../base/index.ts'
import { damageAt, guarded, placeIn } from './damage.ts'
import { inflate } from './inflate.ts'

/** A numeric array of a MATLAB file. Values lie as MATLAB stores them: the first axis is innermost. */
export interface MatArray {
  readonly shape: readonly number[]
  readonly values: Float64Array
}

const headerLength = 128
const types = { matrix: 14, compressed: 15 } as const

/** Reads one number of a type of MATLAB's; its size. */
const numbers: {
  readonly [type: number]: readonly [size: number, read: (view: DataView, at: number, little: boolean) => number]
} = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, little) => view.getInt16(at, little)],
  4: [2, (view, at, little) => view.getUint16(at, little)],
  5: [4, (view, at, little) => view.getInt32(at, little)],
  6: [4, (view, at, little) => view.getUint32(at, little)],
  7: [4, (view, at, little) => view.getFloat32(at, little)],
  9: [8, (view, at, little) => view.getFloat64(at, little)],
  12: [8, (view, at, little) => Number(view.getBigInt64(at, little))],
  13: [8, (view, at, little) => Number(view.getBigUint64(at, little))],
}

/** Classes of arrays that hold numbers: double to uint64. */
const numeric = { first: 6, last: 15 } as const

/** Numbers of one file, whatever it says. */
const mostValues = 1 << 26

/** Bytes that one element may unpack to. */
const mostUnpacked = 1 << 28

/** Whether the bytes begin as a MATLAB file of version 5 does. */
export function isMat5(bytes: Uint8Array): boolean {
  return /^MATLAB 5/.test(String.fromCharCode(...bytes.subarray(0, 8)))
}

/**
 * Reads the numeric arrays of a MATLAB file of version 5 (also 6 and 7), compressed or not. Texts, cells, structures, sparse and
 * complex arrays are left out.
 * @throws FormatError if it is damaged; files of version 7.3 are HDF5
 * @see MAT-File Format, MathWorks
 */
export function readMat5(bytes: Uint8Array, file = 'MATLAB bytes'): Map<string, MatArray> {
  if (!isMat5(bytes) || bytes.length < headerLength) {
    throw damageAt(file, 0, { what: 'not a MATLAB file of version 5', expected: 'MATLAB 5.0 MAT-file and 128 bytes' })
  }
  const mark = String.fromCharCode(bytes[126], bytes[127])
  if (mark !== 'IM' && mark !== 'MI')
    throw damageAt(file, 126, { what: 'MATLAB file is damaged', expected: 'IM or MI', got: mark })
  const little = mark === 'IM'
  const found = new Map<string, MatArray>()
  for (let at = headerLength; at < bytes.length; ) {
    const { type, start, end, next } = element(bytes, at, little, file)
    const own = bytes.subarray(start, end)
    if (type === types.compressed) {
      const whole = inflate(own, { file, offset: start, limit: mostUnpacked, zlib: true })
      const inner = element(whole, 0, little, `${file}, unpacked from byte ${at}`)
      if (inner.type === types.matrix)
        takeArray(whole.subarray(inner.start, inner.end), little, found, `${file}, unpacked from byte ${at}`)
    } else if (type === types.matrix) takeArray(own, little, found, `${file}, array at byte ${at}`)
    at = type === types.compressed ? end : next
  }
  return found
}

interface Element {
  readonly type: number
  readonly start: number
  readonly end: number
  /** Elements begin at multiples of eight bytes. */
  readonly next: number
}

function element(bytes: Uint8Array, at: number, little: boolean, file: string): Element {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (at + 8 > bytes.length) throw damageAt(file, at, { what: 'MATLAB file ends within the head of an element' })
  const head = view.getUint32(at, little)
  // A small element has its length in the upper half, and its data in the same eight bytes.
  const isSmall = head >>> 16 !== 0
  const [type, length] = isSmall ? [head & 0xffff, head >>> 16] : [head, view.getUint32(at + 4, little)]
  const start = at + (isSmall ? 4 : 8)
  const end = start + length
  if (end > bytes.length || (isSmall && length > 4)) {
    throw damageAt(file, at, { what: 'an element of a MATLAB file is longer than the file', got: `${length} bytes` })
  }
  return { type, start, end, next: isSmall ? at + 8 : start + Math.ceil(length / 8) * 8 }
}

function takeArray(bytes: Uint8Array, little: boolean, into: Map<string, MatArray>, place: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [flags, axes, name] = guarded(place, 'an array of a MATLAB file is damaged', () => {
    const first = element(bytes, 0, little, place)
    const second = element(bytes, first.next, little, place)
    return [first, second, element(bytes, second.next, little, place)] as const
  })
  if (flags.end - flags.start < 8) throw damageAt(place, 0, { what: 'an array of a MATLAB file has no flags' })
  const word = view.getUint32(flags.start, little)
  const kind = word & 0xff
  const isComplex = (word >>> 11) & 1
  if (kind < numeric.first || kind > numeric.last || isComplex) return
  const shape = Array.from({ length: (axes.end - axes.start) / 4 }, (_, i) => view.getInt32(axes.start + 4 * i, little))
  const size = sizeOf(shape)
  const data = element(bytes, name.next, little, place)
  const reader = numbers[data.type]
  if (!reader || shape.some((axis) => axis < 0) || size > mostValues || (data.end - data.start) / reader[0] !== size) {
    throw damageAt(place, name.next, {
      what: 'an array of a MATLAB file does not fit its data',
      expected: `${shape.join(' x ')} numbers`,
      got: `${data.end - data.start} bytes of type ${data.type}`,
    })
  }
  const [width, read] = reader
  const values = Float64Array.from({ length: size }, (_, i) => read(view, data.start + i * width, little))
  into.set(String.fromCharCode(...bytes.subarray(name.start, name.end)), { shape, values })
}

/** The only numeric array of a file, or the one of a name. @throws FormatError where there is none, or several */
export function onlyArray(arrays: ReadonlyMap<string, MatArray>, file: string): MatArray {
  const [first, ...others] = [...arrays.values()]
  if (first && others.length === 0) return first
  throw new FormatError({
    what: first ? 'a MATLAB file with several arrays' : 'a MATLAB file without numbers',
    place: placeIn(file, headerLength),
    expected: 'one array of numbers',
    got: [...arrays].map(([name, { shape }]) => `${name} ${shape.join(' x ')}`).join(', ') || 'none',
  })
}
