import { sizeOf } from '../base/index.ts'
import { damageAt } from './damage.ts'

export type NpyValues =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** An array of one number type; the last axis is innermost. */
export interface NpyArray {
  readonly shape: readonly number[]
  readonly values: NpyValues
}

/** What an NPY file holds: one array, or, of a structured type, one array per field. */
export type NpyContents =
  | NpyArray
  | { readonly shape: readonly number[]; readonly fields: ReadonlyMap<string, NpyArray> }

type ArrayType = { new (length: number): NpyValues; readonly BYTES_PER_ELEMENT: number }

const types: { readonly [code: string]: ArrayType } = {
  u1: Uint8Array,
  i1: Int8Array,
  b1: Uint8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  f4: Float32Array,
  f8: Float64Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
}

const codes = new Map<unknown, string>(
  Object.entries(types)
    .filter(([code]) => code !== 'b1')
    .map(([code, type]) => [type, code]),
)

interface Field {
  readonly name: string | null
  readonly type: ArrayType
  readonly bigEndian: boolean
  readonly offset: number
}

/**
 * Reads an NPY file: numbers of 1 to 8 bytes in either byte order, or records of such. Objects, texts and Fortran order
 * are refused; nothing in the file is executed.
 * @throws FormatError if it is damaged, longer or shorter than its header says, or of a type that is refused
 * @see https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function readNpy(bytes: Uint8Array, file = 'NPY bytes'): NpyContents {
  const { text, start } = readHeader(bytes, file)
  const shape = shapeOf(text, file)
  if (/'fortran_order':\s*True/.test(text) && shape.length > 1) {
    throw damageAt(file, 10, {
      what: 'NPY array in Fortran order is not read',
      got: text.trim().slice(0, 120),
      next: 'Save it with numpy.ascontiguousarray.',
    })
  }
  const { fields, recordLength } = fieldsOf(text, file)
  const count = sizeOf(shape)
  if (!Number.isSafeInteger(count * recordLength) || start + count * recordLength !== bytes.length) {
    throw damageAt(file, Math.min(bytes.length, start), {
      what: 'NPY file has another length than its header says',
      expected: `${count * recordLength} bytes for [${shape.join(', ')}] of ${recordLength} bytes each`,
      got: `${bytes.length - start} bytes`,
    })
  }
  const column = (field: Field): NpyArray => ({ shape, values: readColumn(bytes, start, count, recordLength, field) })
  if (fields.length === 1 && fields[0].name === null) return column(fields[0])
  return { shape, fields: new Map(fields.map((field) => [field.name as string, column(field)])) }
}

/** Writes an NPY file of version 1.0. */
export function writeNpy({ shape, values }: NpyArray): Uint8Array {
  const code = codes.get(values.constructor)
  const order = code?.endsWith('1') ? '|' : '<'
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
  const text = `{'descr': '${order}${code}', 'fortran_order': False, 'shape': ${tuple}, }`
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10
  const bytes = new Uint8Array(10 + length + values.byteLength)
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, length & 255, length >> 8])
  bytes.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), 10)
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + length)
  return bytes
}

function readHeader(bytes: Uint8Array, file: string): { text: string; start: number } {
  const isNpy = bytes.length >= 10 && bytes[0] === 0x93 && String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY'
  if (!isNpy) {
    throw damageAt(file, 0, { what: 'not an NPY file', expected: '0x93 NUMPY', got: `${bytes.length} other bytes` })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const long = bytes[6] >= 2
  const first = long ? 12 : 10
  const length = !long
    ? view.getUint16(8, true)
    : bytes.length >= 12
      ? view.getUint32(8, true)
      : Number.POSITIVE_INFINITY
  if (first + length > bytes.length || length > 1 << 16) {
    throw damageAt(file, 8, {
      what: 'NPY header is longer than the file, or absurd',
      expected: `at most ${Math.min(1 << 16, bytes.length - first)} bytes`,
      got: `${length} bytes`,
    })
  }
  return { text: new TextDecoder('latin1').decode(bytes.subarray(first, first + length)), start: first + length }
}

function shapeOf(text: string, file: string): number[] {
  const found = /'shape':\s*\(([^)]*)\)/.exec(text)
  const sizes = found?.[1]
    .split(',')
    .filter((size) => size.trim() !== '')
    .map((size) => Number(size.trim().replace(/L$/, '')))
  if (sizes && sizes.length <= 32 && sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) return sizes
  throw damageAt(file, 10, {
    what: 'NPY header has no shape',
    expected: "'shape': (...)",
    got: text.trim().slice(0, 120),
  })
}

function fieldsOf(text: string, file: string): { fields: Field[]; recordLength: number } {
  const single = /'descr':\s*'([^']*)'/.exec(text)
  if (single) {
    const field = fieldOf(null, single[1], 0, file)
    return { fields: [field], recordLength: field.type.BYTES_PER_ELEMENT }
  }
  const list = /'descr':\s*\[((?:\(\s*'[^']*',\s*'[^']*'\s*\),?\s*)+)\]/.exec(text)
  const fields: Field[] = []
  let recordLength = 0
  for (const [, name, code] of list?.[1].matchAll(/\(\s*'([^']*)',\s*'([^']*)'\s*\)/g) ?? []) {
    const padding = /^\|V(\d{1,5})$/.exec(code)
    const field = padding ? null : fieldOf(name, code, recordLength, file)
    if (field) fields.push(field)
    recordLength += field ? field.type.BYTES_PER_ELEMENT : Number(padding?.[1])
  }
  if (fields.length > 0) return { fields, recordLength }
  throw damageAt(file, 10, {
    what: 'NPY type cannot be read',
    expected: 'numbers, or records of numbers',
    got: text.trim().slice(0, 120),
  })
}

function fieldOf(name: string | null, code: string, offset: number, file: string): Field {
  const type = /^[<>=|]/.test(code) && Object.hasOwn(types, code.slice(1)) ? types[code.slice(1)] : undefined
  if (type) return { name, type, bigEndian: code[0] === '>', offset }
  throw damageAt(file, 10, {
    what: `NPY type '${code.slice(0, 40)}' cannot be read`,
    expected: Object.keys(types).join(', '),
    got: `'${code.slice(0, 40)}'`,
    next: code.includes('O') ? 'Objects are never loaded: save plain numbers.' : 'Convert it to one of these types.',
  })
}

function readColumn(bytes: Uint8Array, start: number, count: number, recordLength: number, field: Field): NpyValues {
  const width = field.type.BYTES_PER_ELEMENT
  const values = new field.type(count)
  const raw = new Uint8Array(values.buffer)
  for (let i = 0, at = start + field.offset; i < count; i++, at += recordLength) {
    for (let b = 0; b < width; b++) raw[i * width + b] = bytes[at + (field.bigEndian ? width - 1 - b : b)]
  }
  return values
}
