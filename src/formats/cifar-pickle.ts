import { FormatError } from '../base/index.ts'
import type { CifarRecords, CifarVariant } from './cifar-binary.ts'
import { type PickleConstructor, PickleMade, PickleTuple, type PickleValue, pickleText, readPickle } from './pickle.ts'

const pixels = 32 * 32

/** An array of bytes as NumPy pickles it. */
interface ByteArray {
  shape: readonly number[]
  values: Uint8Array
}

/** `numpy.core.multiarray._reconstruct(ndarray, ...)` and the state that BUILD gives it: [version, shape, dtype, fortran, bytes]. */
const reconstruct: PickleConstructor = {
  make: (): ByteArray => ({ shape: [0], values: new Uint8Array(0) }),
  build(_, state): ByteArray {
    const [, shape, dtype, fortran, data] = state instanceof PickleTuple ? state.items : []
    return byteArray(data, dtype, shape instanceof PickleTuple ? shape.items : [], fortran !== false)
  },
}

function byteArray(
  data: PickleValue | undefined,
  dtype: PickleValue | undefined,
  shape: readonly PickleValue[],
  fortran: boolean,
): ByteArray {
  const kind = dtype instanceof PickleMade ? dtype.value : dtype
  const sizes = shape.map((size) => (typeof size === 'number' ? size : Number.NaN))
  const fits = data instanceof Uint8Array && data.length === sizes.reduce((size, axis) => size * axis, 1)
  if (kind === 'u1' && !fortran && fits) return { shape: sizes, values: data }
  throw new Error(
    `an array of type ${pickleText(kind as PickleValue)}, shape [${sizes.join(', ')}]; bytes in C order are read`,
  )
}

const dtype: PickleConstructor = {
  make: ([name]) => (name instanceof Uint8Array ? String.fromCharCode(...name.subarray(0, 8)) : pickleText(name)),
  build: (value) => value,
}

const nothing: PickleConstructor = { make: () => null }

/** How Python 3 writes bytes into old protocols: as text of letters 0 to 255, to be encoded. */
const encode: PickleConstructor = {
  plain: true,
  make([text, encoding]) {
    if (typeof text !== 'string' || encoding !== 'latin1') throw new Error(`bytes as text in ${pickleText(encoding)}`)
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
  },
}

/** `_frombuffer(bytes, dtype, shape, order)`, as NumPy writes arrays into protocol 5. */
const fromBuffer: PickleConstructor = {
  make: ([data, type, shape, order]) =>
    byteArray(data, type, shape instanceof PickleTuple ? shape.items : [], order !== 'C'),
}

/** What the pickles of CIFAR name, in old and new NumPy. */
const constructors: Readonly<Record<string, PickleConstructor>> = {
  'numpy.core.multiarray._reconstruct': reconstruct,
  'numpy._core.multiarray._reconstruct': reconstruct,
  'numpy.core.numeric._frombuffer': fromBuffer,
  'numpy._core.numeric._frombuffer': fromBuffer,
  'numpy.ndarray': nothing,
  '_codecs.encode': encode,
  'numpy.dtype': dtype,
}

/** A dictionary with texts for keys, whichever kind of Python wrote it. */
function table(value: PickleValue): Map<string, PickleValue> {
  const map = new Map<string, PickleValue>()
  if (!(value instanceof Map)) return map
  for (const [key, entry] of value) map.set(pickleText(key), entry)
  return map
}

/**
 * Reads a file of CIFAR's Python version: a pickled dictionary with `data`, [n, 3072] bytes, and `labels` or
 * `coarse_labels` and `fine_labels`. Nothing is executed; anything but arrays of bytes and plain values is refused.
 * @param file the name that errors show
 * @throws FormatError if it is damaged, names other code, or holds other records than this variant has
 */
export function readCifarPickle(bytes: Uint8Array, variant: CifarVariant, file = 'pickle bytes'): CifarRecords {
  const batch = table(readPickle(bytes, { file, constructors }))
  const data = batch.get('data')
  const array = data instanceof PickleMade ? (data.value as Partial<ByteArray> | null) : null
  const [length, width] = array?.shape ?? []
  if (!array?.values || array.shape?.length !== 2 || width !== 3 * pixels || length === 0) {
    throw fault(variant, file, `data [n, ${3 * pixels}]`, `data [${array?.shape?.join(', ') ?? 'none'}]`)
  }
  const { values } = array
  const names = variant.labels.length === 1 ? ['labels'] : ['coarse_labels', 'fine_labels']
  const columns = names.map((name, k) => labelsOf(batch.get(name), length, variant.labels[k], variant, name, file))
  return {
    length,
    labels: columns[columns.length - 1],
    ...(columns.length > 1 ? { coarseLabels: columns[0] } : {}),
    image(i, into) {
      const start = i * 3 * pixels
      for (let pixel = 0, at = 0; pixel < pixels; pixel++) {
        for (let c = 0; c < 3; c++) into[at++] = values[start + c * pixels + pixel]
      }
    },
  }
}

/** The class names of `batches.meta` (CIFAR-10) or `meta` (CIFAR-100, the fine ones); undefined where there are none. */
export function readCifarMeta(bytes: Uint8Array, file = 'pickle bytes'): string[] | undefined {
  const meta = table(readPickle(bytes, { file, constructors }))
  const names = meta.get('fine_label_names') ?? meta.get('label_names')
  if (!Array.isArray(names)) return undefined
  return names.map(pickleText)
}

function labelsOf(
  value: PickleValue | undefined,
  length: number,
  { classes }: { classes: number },
  variant: CifarVariant,
  name: string,
  file: string,
): Uint8Array {
  const list = Array.isArray(value) ? value : []
  const wrong = list.findIndex(
    (label) => typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= classes,
  )
  if (list.length !== length || wrong >= 0) {
    const got = wrong >= 0 ? `${name}[${wrong}] = ${pickleText(list[wrong]).slice(0, 40)}` : `${list.length} ${name}`
    throw fault(variant, file, `${length} ${name}, 0 to ${classes - 1}`, got)
  }
  return Uint8Array.from(list as number[])
}

function fault(variant: CifarVariant, file: string, expected: string, got: string): FormatError {
  return new FormatError({
    what: `not a batch of ${variant.name}'s Python version`,
    place: `${file}, byte 0, the dictionary`,
    expected,
    got,
    next: 'Fetch the file again, or take the binary version.',
  })
}
