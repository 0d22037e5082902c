import { FormatError } from '../../base/index.ts'
import { damageAt } from './damage.ts'

/** Numbers of a dataset, as they are stored. */
export type Hdf5Numbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

export interface Hdf5Dataset {
  readonly path: string
  readonly shape: readonly number[]
  /** All numbers. @throws FormatError if they are of another type, damaged, or more than `limit` bytes */
  numbers(limit?: number): Hdf5Numbers
  /** Texts; a scalar gives one. @throws FormatError as `numbers` */
  texts(limit?: number): string[]
  /** Entry i of a dataset whose entries are lists of numbers; 16-bit floats come as float64. */
  list(i: number): Hdf5Numbers
}

export interface Hdf5File {
  /** Names below a group, `/` for the root; undefined where there is no such group. */
  names(group: string): string[] | undefined
  /** A dataset by path; undefined where there is none. */
  dataset(path: string): Hdf5Dataset | undefined
  /** Releases the file's memory. */
  close(): void
}

const signature = [0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10]
const usualLimit = 2 ** 30

/** Whether the bytes begin as an HDF5 file does. */
export function isHdf5(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte)
}

/**
 * Opens an HDF5 file. The library that reads it, the HDF5 group's own compiled to WebAssembly, is loaded at the first
 * call.
 * @throws FormatError if it is damaged
 */
export async function openHdf5(bytes: Uint8Array, file = 'HDF5 bytes'): Promise<Hdf5File> {
  if (!isHdf5(bytes)) throw damageAt(file, 0, { what: 'not an HDF5 file', expected: '89 48 44 46', got: 'other bytes' })
  const { default: h5wasm } = await import('h5wasm')
  const { FS, activate_throwing_error_handler: throwErrors } = await h5wasm.ready
  throwErrors()
  const name = `open-${++opened.count}.h5`
  const guard = <Result>(place: string, work: () => Result): Result => {
    try {
      return work()
    } catch (cause) {
      if (cause instanceof FormatError) throw cause
      throw damageAt(file, 0, {
        what: `HDF5 file is damaged, or holds what is not read (at ${place.slice(0, 120)})`,
        got: (cause instanceof Error ? cause.message : String(cause)).slice(0, 200),
        cause,
      })
    }
  }
  FS.writeFile(name, bytes)
  try {
    const opened = guard('/', () => new h5wasm.File(name, 'r'))
    return {
      names: (group) => guard(group, () => groupNames(group === '/' ? opened : opened.get(group))),
      dataset(path) {
        const found = guard(path, () => opened.get(path))
        if (!(found instanceof h5wasm.Dataset)) return undefined
        return datasetOf(path, found as unknown as RawDataset, guard)
      },
      close() {
        opened.close()
        FS.unlink(name)
      },
    }
  } catch (cause) {
    FS.unlink(name)
    throw cause
  }
}

/** Names of files within the library's own memory. */
const opened = { count: 0 }

type Guard = <Result>(place: string, work: () => Result) => Result

interface RawType {
  type: number
  size: number
  signed: boolean
  shape: number[] | null
  total_size: number
  vlen_type?: RawType
}

interface RawDataset {
  readonly metadata: RawType
  readonly value: unknown
  slice(ranges: [number, number][]): unknown
}

function groupNames(group: unknown): string[] | undefined {
  const { keys } = group && typeof group === 'object' ? (group as { keys?: () => string[] }) : {}
  return typeof keys === 'function' ? (group as { keys(): string[] }).keys() : undefined
}

function datasetOf(path: string, raw: RawDataset, guard: Guard): Hdf5Dataset {
  const { shape, size, total_size: total, vlen_type: listType } = guard(path, () => raw.metadata)
  const checkSize = (limit: number) => {
    if (!(total * size <= limit)) throw new Error(`${total} values of ${size} bytes; at most ${limit} bytes are read`)
  }
  const isFloat16 = listType?.type === 1 && listType.size === 2
  // The library has no 16-bit floats: their bits are taken as integers.
  if (isFloat16) Object.assign(listType, { type: 0, signed: false })
  return {
    path,
    shape: shape ?? [],
    numbers: (limit = usualLimit) =>
      guard(path, () => {
        checkSize(limit)
        const { value } = raw
        if (ArrayBuffer.isView(value)) return value as unknown as Hdf5Numbers
        if (typeof value === 'number') return Float64Array.of(value)
        if (typeof value === 'bigint') return BigInt64Array.of(value)
        throw new Error('no numbers')
      }),
    texts: (limit = usualLimit) =>
      guard(path, () => {
        checkSize(limit)
        const list = [raw.value].flat()
        if (list.every((text) => typeof text === 'string')) return list as string[]
        throw new Error('no texts')
      }),
    list: (i) =>
      guard(path, () => {
        const entry = (raw.slice([[i, i + 1]]) as unknown[] | null)?.[0]
        if (!ArrayBuffer.isView(entry)) throw new Error('no list of numbers')
        return isFloat16 ? Float64Array.from(entry as Uint16Array, float16) : (entry as unknown as Hdf5Numbers)
      }),
  }
}

/** The value of 16 bits as a half-precision float. */
function float16(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits & 0x8000 ? -1 : 1
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25))
}
