import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, type Shape, sameShape, shapeText, sizeOf, UsageError } from '../base/index.ts'
import { type ConversionOptions, filteredEvents, integrate } from '../data/index.ts'
import {
  cifar10Variant,
  cifar100Variant,
  type Events,
  eventFileKinds,
  isJpeg,
  isPng,
  type NpyContents,
  readCifarBinary,
  readCifarPickle,
  readEventFile,
  readHdf5,
  readIdx,
  readJpeg,
  readNpy,
  readNpz,
  readPng,
  type SensorSize,
  withChannels,
} from '../formats/index.ts'
import { readNamed } from '../runs/index.ts'

/** What a network takes. */
export interface SampleKind {
  /** [H, W, C] of an image or frame. */
  readonly shape: Shape
  /** How recordings become frames; undefined for images. */
  readonly frames: ConversionOptions | undefined
  /** Of recordings; default: what the file says, or the size of a frame. */
  readonly sensor: SensorSize | undefined
  /** Address layout of AEDAT 2 files. */
  readonly layout: string | undefined
}

/** One sample of a file. */
export interface FileSample {
  readonly file: string
  /** Its number in the file, from 0; null where the file holds one. */
  readonly index: number | null
  /** [H, W, C] bytes or numbers in 0..1 of an image, [T, H, W, C] numbers of a recording. */
  readonly values: Uint8Array | Float32Array
}

/**
 * Samples of files and folders, one after the other: PNG, JPEG, IDX, CIFAR and NumPy arrays for images; event files, SHD's
 * HDF5 and NumPy arrays for recordings. A folder stands for all files below it that fit, by name.
 * @throws UsageError for a path that is not there, or a folder without such files; FormatError for a file that is
 * damaged, or whose samples the network does not take
 */
export async function* samplesIn(paths: readonly string[], kind: SampleKind): AsyncGenerator<FileSample> {
  for (const path of paths) {
    for (const file of await filesAt(path, kind)) {
      const bytes = await readNamed(file)
      yield* kind.frames ? recordingsOf(bytes, file, kind, kind.frames) : imagesOf(bytes, file, kind)
    }
  }
}

const imageKinds = ['.png', '.jpg', '.jpeg', '.npy', '.npz', '.gz', '.bin', '-ubyte', '.idx']

/** The file itself, or the files below a folder. */
async function filesAt(path: string, { frames }: SampleKind): Promise<string[]> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false, // the reading says why
  )
  if (!isFolder) return [path]
  const kinds = frames ? [...eventFileKinds, '.h5'] : imageKinds
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .filter(({ name }) => kinds.some((ending) => name.toLowerCase().endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name))
  if (files.length > 0) return files.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  throw new UsageError({
    what: frames ? 'there are no recordings in this folder' : 'there are no images in this folder',
    place: path,
    expected: `names that end in ${kinds.join(', ')}`,
    got: entries.length === 0 ? 'an empty folder' : `${entries.length} other names`,
  })
}

async function* imagesOf(bytes: Uint8Array, file: string, kind: SampleKind): AsyncGenerator<FileSample> {
  const { shape } = kind
  if (isPng(bytes) || isJpeg(bytes)) {
    const image = isPng(bytes) ? readPng(bytes, { file }) : readJpeg(bytes, { file })
    const { height, width, channels, pixels } = withChannels(image, shape[2] === 1 ? 1 : 3)
    checkShape([height, width, channels], shape, file)
    yield { file, index: null, values: pixels }
  } else if (isNumpy(bytes, file)) {
    for (const [name, array] of await arraysOf(bytes, file)) yield* samplesOfArray(array, name, shape)
  } else if (looksLikeIdx(bytes)) yield* idxImages(bytes, file, shape)
  else yield* cifarImages(bytes, file, shape)
}

async function* recordingsOf(
  bytes: Uint8Array,
  file: string,
  kind: SampleKind,
  frames: ConversionOptions,
): AsyncGenerator<FileSample> {
  const { sensor, layout, shape } = kind
  const asFrames = (events: Events, index: number | null): FileSample => {
    const sized = fitted(events, sensor ?? (frames.size ? undefined : { height: shape[0], width: shape[1] }), file)
    const cut = integrate(filteredEvents(sized, frames), frames)
    checkShape([cut.values.length / (frames.T * shape[1] * shape[2]), ...shape.slice(1)], shape, file)
    return { file, index, values: cut.values }
  }
  if (isHdf5(bytes)) {
    for (const [i, events] of (await spokenDigits(bytes, file)).entries()) yield asFrames(events, i)
    return
  }
  if (isNumpy(bytes, file)) {
    const arrays = await arraysOf(bytes, file)
    if (!holdsEvents(arrays)) {
      for (const [name, array] of arrays) yield* samplesOfArray(array, name, [frames.T, ...shape])
      return
    }
  }
  const reading = { ...(sensor ? { size: sensor } : {}), ...(layout === undefined ? {} : { layout }) }
  yield asFrames(await readEventFile(bytes, file, reading), null)
}

/** @throws FormatError where an event lies outside the sensor */
function fitted(events: Events, sensor: SensorSize | undefined, file: string): Events {
  if (!sensor) return events
  if (events.width <= sensor.width && events.height <= sensor.height) return { ...events, ...sensor }
  throw new FormatError({
    what: 'this recording is of a larger sensor than the network was trained with',
    place: file,
    expected: `at most ${sensor.width}x${sensor.height}`,
    got: `${events.width}x${events.height}`,
    next: 'Give the size of the sensor with --sensor, or take recordings of the same camera.',
  })
}

function isHdf5(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes.subarray(0, 4)) === '\x89HDF'
}

/** Recordings in the layout of SHD: times in seconds and units, a list each. */
async function spokenDigits(bytes: Uint8Array, file: string): Promise<Events[]> {
  const { datasets } = await readHdf5(bytes, file, { bytes: 2 ** 31 })
  const [times, units] = ['spikes/times', 'spikes/units'].map((path) => datasets.get(path)?.lists)
  if (!times || !units) {
    throw new FormatError({
      what: 'this HDF5 file holds no recordings that Spikelet can read',
      place: file,
      expected: 'spikes/times and spikes/units, as SHD has them',
      got: [...datasets.keys()].join(', ').slice(0, 120),
    })
  }
  return times.map((seconds, i) => {
    const { length } = seconds
    const x = Uint16Array.from(units[i] as ArrayLike<number>, Number)
    return {
      t: Float64Array.from(seconds as ArrayLike<number>, (one) => Math.round(1e6 * Number(one))),
      x,
      y: new Uint16Array(length),
      p: new Uint8Array(length).fill(1),
      width: x.reduce((most, unit) => Math.max(most, unit + 1), 1),
      height: 1,
    }
  })
}

function isNumpy(bytes: Uint8Array, file: string): boolean {
  return String.fromCharCode(...bytes.subarray(1, 6)) === 'NUMPY' || /\.npz$/i.test(file)
}

/** The arrays of an NPY or NPZ file, by what messages call them. */
async function arraysOf(bytes: Uint8Array, file: string): Promise<[string, NpyContents][]> {
  if (!/\.npz$/i.test(file)) return [[file, readNpy(bytes, file)]]
  return [...(await readNpz(bytes, { file }))].map(([name, array]) => [`${file}:${name}`, array])
}

function holdsEvents(arrays: readonly (readonly [string, NpyContents])[]): boolean {
  const names = arrays.map(([name]) => name.slice(name.lastIndexOf(':') + 1))
  return (names.includes('x') && names.includes('y')) || arrays.some(([, array]) => 'fields' in array)
}

/** One sample of the shape wanted, or an array of them; a last axis of one channel may be left out. */
function* samplesOfArray(array: NpyContents, name: string, wanted: Shape): Generator<FileSample> {
  if ('fields' in array) throw misfit(array.shape, wanted, name)
  const shapes = wanted.at(-1) === 1 ? [wanted, wanted.slice(0, -1)] : [wanted]
  const alone = shapes.some((shape) => sameShape(shape, array.shape))
  const many = shapes.some((shape) => sameShape(shape, array.shape.slice(1)))
  if (!alone && !many) throw misfit(array.shape, wanted, name)
  const size = sizeOf(wanted)
  const values = numbersOf(array.values, wanted.length === 3, name)
  if (alone) yield { file: name, index: null, values }
  else
    for (let i = 0; i < array.shape[0]; i++)
      yield { file: name, index: i, values: values.slice(i * size, (i + 1) * size) }
}

/** Bytes of images as they are, all else as float32. @throws FormatError for pixels that are neither bytes nor in 0..1 */
function numbersOf(values: ArrayLike<number | bigint>, image: boolean, name: string): Uint8Array | Float32Array {
  if (image && values instanceof Uint8Array) return values
  const numbers = Float32Array.from(values as ArrayLike<number>, Number)
  const wrong = image ? numbers.find((value) => !(value >= 0 && value <= 1)) : undefined
  if (wrong === undefined) return numbers
  throw new FormatError({
    what: 'pixels of this array are neither bytes nor numbers in 0..1',
    place: name,
    expected: 'uint8, or numbers from 0 to 1, not normalised yet',
    got: String(wrong),
    next: 'Save the pixels as uint8.',
  })
}

/** IDX begins with two zero bytes, gzip with 31 and 139. */
function looksLikeIdx(bytes: Uint8Array): boolean {
  return (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8) || (bytes[0] === 31 && bytes[1] === 139)
}

function* idxImages(bytes: Uint8Array, file: string, wanted: Shape): Generator<FileSample> {
  const { shape, values } = readIdx(bytes, file)
  if (shape.length !== 3 && shape.length !== 4) {
    throw new FormatError({
      what: 'this IDX file does not hold images',
      place: file,
      expected: '[n, height, width]',
      got: shapeText(shape),
    })
  }
  const [length, height, width, channels = 1] = shape
  checkShape([height, width, channels], wanted, file)
  const size = sizeOf(wanted)
  for (let i = 0; i < length; i++) yield { file, index: i, values: values.subarray(i * size, (i + 1) * size) }
}

const cifarPixels = 32 * 32 * 3

function* cifarImages(bytes: Uint8Array, file: string, wanted: Shape): Generator<FileSample> {
  const variants = [cifar10Variant, cifar100Variant]
  const pickled = bytes[0] === 0x80
  const variant = pickled
    ? variants[/(?:^|[\\/])(?:train|test)$/.test(file) ? 1 : 0]
    : variants.find(({ labels }) => bytes.length > 0 && bytes.length % (labels.length + cifarPixels) === 0)
  if (!variant) {
    throw new FormatError({
      what: 'this file holds no images that Spikelet can read',
      place: file,
      expected: 'PNG, JPEG, IDX (.gz or plain), NPY, NPZ, or records of CIFAR',
      got: `${bytes.length} bytes that are none of these`,
    })
  }
  const records = pickled ? readCifarPickle(bytes, variant, file) : readCifarBinary(bytes, variant, file)
  checkShape([32, 32, 3], wanted, file)
  for (let i = 0; i < records.length; i++) {
    const values = new Uint8Array(cifarPixels)
    records.image(i, values)
    yield { file, index: i, values }
  }
}

function checkShape(found: Shape, wanted: Shape, file: string): void {
  if (!sameShape(found, wanted)) throw misfit(found, wanted, file)
}

function misfit(found: Shape, wanted: Shape, place: string): FormatError {
  return new FormatError({
    what: 'the network takes other samples than this file holds',
    place,
    expected: shapeText(wanted),
    got: shapeText(found),
    next: 'Bring the samples to this size first.',
  })
}
