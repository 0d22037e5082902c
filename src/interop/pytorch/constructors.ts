import { type PickleConstructor, PickleMade, PickleName, PickleTuple, type PickleValue } from '../../formats/index.ts'
import { numberTypes, type Storage, type StoredTensor } from './storage.ts'

/** A tensor that a pickle described; its numbers are still in the archive. */
export class Described {
  readonly tensor: StoredTensor
  constructor(tensor: StoredTensor) {
    this.tensor = tensor
  }
}

/** A tensor of a kind that is not read, such as complex numbers. */
export class Unread {
  readonly kind: string
  constructor(kind: string) {
    this.kind = kind
  }
}

/** What a persistent id of PyTorch stands for: `('storage', torch.FloatStorage, key, device, count)`. */
export function storageOf(id: PickleValue): Storage {
  const [kind, type, key, , count] = id instanceof PickleTuple ? id.items : []
  const name = type instanceof PickleName ? type.name.replace(/^torch\.(storage\.)?/, '') : ''
  if (kind !== 'storage' || name === '' || typeof key !== 'string' || !isCount(count)) {
    throw new Error('a reference that names no storage of numbers')
  }
  return { type: name, key, count }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function counts(value: PickleValue | undefined, what: string): readonly number[] {
  const items = value instanceof PickleTuple ? value.items : undefined
  if (items && items.length <= 16 && items.every(isCount)) return items as readonly number[]
  throw new Error(`a tensor whose ${what} is no tuple of whole numbers`)
}

/** `_rebuild_tensor_v2(storage, offset, shape, strides, ...)`: checked against its storage, not read. */
const rebuildTensor: PickleConstructor = {
  make([stored, offset, size, stride]) {
    const storage = storageIn(stored)
    if (!storage || !isCount(offset)) throw new Error('a tensor without storage or offset')
    if (!Object.hasOwn(numberTypes, storage.type)) return new Unread(storage.type)
    return described(storage, offset, size, stride)
  },
}

/** `_rebuild_tensor_v3(storage, offset, shape, strides, ..., type, ...)`: of types that have no storage of their own. */
const rebuildTyped: PickleConstructor = {
  make([stored, offset, size, stride, , , type]) {
    const storage = storageIn(stored)
    if (!storage || !isCount(offset)) throw new Error('a tensor without storage or offset')
    const name = type instanceof PickleName ? type.name.replace(/^torch\./, '') : ''
    if (!Object.hasOwn(numberTypes, name)) return new Unread(name)
    const count = Math.floor(storage.count / numberTypes[name].bytes)
    return described({ ...storage, type: name, count }, offset, size, stride)
  },
}

function storageIn(stored: PickleValue | undefined): Storage | undefined {
  return stored instanceof PickleMade && stored.name === 'persistent' ? (stored.value as Storage) : undefined
}

function described(
  storage: Storage,
  offset: number,
  size: PickleValue | undefined,
  stride: PickleValue | undefined,
): Described | Unread {
  const shape = counts(size, 'shape')
  const strides = counts(stride, 'strides')
  if (shape.length !== strides.length) throw new Error('a tensor with more axes than strides')
  const numbers = shape.reduce((product, axis) => product * axis, 1)
  const last = shape.reduce((at, axis, i) => at + (axis - 1) * strides[i], offset)
  if (numbers > 0 && last >= storage.count) throw new Error('a tensor that reaches beyond its storage')
  // Numbers written out many times could fill the memory.
  if (numbers > storage.count) return new Unread('a tensor that repeats its storage')
  return new Described({ storage, offset, shape, strides })
}

/** What a value of a state dict is: a tensor, one that is not read, or something else. */
export function tensorIn(value: PickleValue): Described | Unread | null {
  if (!(value instanceof PickleMade)) return null
  if (value.value instanceof Described || value.value instanceof Unread) return value.value
  const [, kind] = /^torch\._utils\._rebuild_(\w+)$/.exec(value.name) ?? []
  return kind !== undefined && value.value === undefined ? new Unread(kind.replaceAll('_', ' ')) : null
}

/** `_rebuild_parameter(tensor, ...)`. */
const rebuildParameter: PickleConstructor = {
  make([tensor]) {
    const value = tensor === undefined ? null : tensorIn(tensor)
    if (value) return value
    throw new Error('a parameter without a tensor')
  },
}

/** A dictionary; attributes that PyTorch hangs on it (the versions of modules) are passed over. */
const dictionary: PickleConstructor = { make: () => new Map<PickleValue, PickleValue>(), build: (value) => value }

/** Plain records of settings that training scripts save beside the weights: their attributes are kept. */
const record: PickleConstructor = {
  make: () => new Map<PickleValue, PickleValue>(),
  build(value, state) {
    if (!(state instanceof Map)) throw new Error('a record without attributes')
    for (const [key, entry] of state) (value as Map<PickleValue, PickleValue>).set(key, entry)
    return value
  },
}

/** Read past: NumPy's scalars, sizes, devices. */
const passedOver: PickleConstructor = { make: () => null, build: () => null }

/** What is built of a PyTorch file: plain code of Spikelet's own. All else that it names is left alone; nothing runs. */
export const torchConstructors: Readonly<Record<string, PickleConstructor>> = {
  'collections.OrderedDict': dictionary,
  'argparse.Namespace': record,
  'torch._utils._rebuild_tensor_v2': rebuildTensor,
  'torch._utils._rebuild_tensor_v3': rebuildTyped,
  'torch._utils._rebuild_tensor': rebuildTensor,
  'torch._utils._rebuild_parameter': rebuildParameter,
  'torch.Size': passedOver,
  'torch.device': passedOver,
  'numpy.core.multiarray.scalar': passedOver,
  'numpy._core.multiarray.scalar': passedOver,
  'numpy.dtype': passedOver,
  '_codecs.encode': passedOver,
}
