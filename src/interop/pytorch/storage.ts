import { narrowFloats } from '../../base/index.ts'
import type { SafetensorsTensor } from '../safetensors.ts'

/** A piece of memory that tensors of a PyTorch file lie in; its bytes are another member of the archive. */
export interface Storage {
  /** `FloatStorage`. */
  readonly type: string
  /** Name of the member below `data/`. */
  readonly key: string
  /** Numbers. */
  readonly count: number
}

interface NumberType {
  readonly bytes: number
  /** What comes out: one of safetensors' types. */
  readonly dtype: SafetensorsTensor['dtype']
  read(view: DataView, at: number): number | bigint
}

const narrow = (name: keyof typeof narrowFloats): NumberType => {
  const { bytes, fromBits } = narrowFloats[name]
  return {
    bytes,
    dtype: 'F32',
    read: (view, at) => fromBits(bytes === 2 ? view.getUint16(at, true) : view.getUint8(at)),
  }
}

/**
 * PyTorch's storages of numbers, and the types that it has no storages for. Narrower floats and integers come as the next
 * wider type that safetensors here has.
 */
export const numberTypes: { readonly [storage: string]: NumberType } = {
  DoubleStorage: { bytes: 8, dtype: 'F64', read: (view, at) => view.getFloat64(at, true) },
  FloatStorage: { bytes: 4, dtype: 'F32', read: (view, at) => view.getFloat32(at, true) },
  HalfStorage: narrow('F16'),
  BFloat16Storage: narrow('BF16'),
  LongStorage: { bytes: 8, dtype: 'I64', read: (view, at) => view.getBigInt64(at, true) },
  IntStorage: { bytes: 4, dtype: 'I32', read: (view, at) => view.getInt32(at, true) },
  ShortStorage: { bytes: 2, dtype: 'I32', read: (view, at) => view.getInt16(at, true) },
  CharStorage: { bytes: 1, dtype: 'I32', read: (view, at) => view.getInt8(at) },
  ByteStorage: { bytes: 1, dtype: 'U8', read: (view, at) => view.getUint8(at) },
  BoolStorage: { bytes: 1, dtype: 'U8', read: (view, at) => (view.getUint8(at) ? 1 : 0) },
  uint16: { bytes: 2, dtype: 'I32', read: (view, at) => view.getUint16(at, true) },
  uint32: { bytes: 4, dtype: 'I64', read: (view, at) => BigInt(view.getUint32(at, true)) },
  float8_e4m3fn: narrow('F8_E4M3'),
  float8_e5m2: narrow('F8_E5M2'),
}

/** A view into a storage, as PyTorch describes tensors. Strides and offset count numbers. */
export interface StoredTensor {
  readonly storage: Storage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

const arrays = { F64: Float64Array, F32: Float32Array, I64: BigInt64Array, I32: Int32Array, U8: Uint8Array } as const

/** Bytes that a tensor will take once it is read. */
export function bytesOf({ storage, shape }: StoredTensor): number {
  return shape.reduce((size, axis) => size * axis, 1) * arrays[numberTypes[storage.type].dtype].BYTES_PER_ELEMENT
}

/** A tensor's numbers in row-major order, out of its storage's bytes. Offset and strides were checked before. */
export function gathered({ storage, offset, shape, strides }: StoredTensor, bytes: Uint8Array): SafetensorsTensor {
  const type = numberTypes[storage.type]
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const size = shape.reduce((product, axis) => product * axis, 1)
  const values = new arrays[type.dtype](size)
  const position = new Array<number>(shape.length).fill(0)
  let at = offset
  for (let i = 0; i < size; i++) {
    values[i] = type.read(view, at * type.bytes)
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]
      if (++position[axis] < shape[axis]) break
      at -= strides[axis] * shape[axis]
      position[axis] = 0
    }
  }
  return { dtype: type.dtype, shape: [...shape], values } as SafetensorsTensor
}
