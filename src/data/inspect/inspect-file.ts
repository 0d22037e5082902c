import {
  bytesSource,
  type CifarVariant,
  cifar10Variant,
  cifar100Variant,
  damageAt,
  type EventFileOptions,
  type EventSummary,
  type Events,
  eventsPlace,
  gunzip,
  idxSize,
  isAedat2,
  isAedat3,
  isAedat4,
  isGzip,
  isHdf5,
  isJpeg,
  isMat5,
  isPng,
  isPropheseeDat,
  isPropheseeRaw,
  type NpyContents,
  readAedat3,
  readCifarBinary,
  readCifarPickle,
  readEventFile,
  readEventNpy,
  readEventNpz,
  readHdf5,
  readIdx,
  readNpy,
  readNpz,
  readTar,
  readZip,
  refuseKnown,
  summariseEvents,
  unpackedLimit,
} from '../../formats/index.ts'
import { readImageFile } from '../datasets/decode-image.ts'

/** What a file holds, as JSON. Which fields there are depends on the kind. */
export interface FileInspection {
  readonly file: string
  readonly format: string
  readonly kind: 'events' | 'image' | 'labelled images' | 'array' | 'arrays' | 'archive'
  readonly bytes: number
  readonly events?: EventSummary
  /** [H, W, C] of an image, or the sizes of an array. */
  readonly shape?: readonly number[]
  readonly records?: number
  /** Records by label. */
  readonly labels?: Readonly<Record<string, number>>
  readonly arrays?: Readonly<Record<string, readonly number[]>>
  readonly members?: number
  /** What a reader should know. */
  readonly notes: readonly string[]
}

/**
 * Finds out what a file holds, by how it begins, and where that says nothing by its name and size, and reads all of it.
 * @throws FormatError if it is damaged, or of no format that is read
 */
export async function inspectFile(
  bytes: Uint8Array,
  file: string,
  options: EventFileOptions = {},
): Promise<FileInspection> {
  refuseKnown(bytes, file)
  const found = { file, bytes: bytes.length }
  if (isPng(bytes) || isJpeg(bytes)) {
    const { width, height, channels } = readImageFile(bytes, file)
    return {
      ...found,
      format: isPng(bytes) ? 'PNG' : 'JPEG',
      kind: 'image',
      shape: [height, width, channels],
      notes: [],
    }
  }
  if (isAedat3(bytes)) return inspectAedat3(bytes, file, options)
  if (isAedat2(bytes)) return eventsFound(found, 'AEDAT 2', await readEventFile(bytes, file, options))
  const recording = recordingFormat(bytes, file)
  if (recording) return eventsFound(found, recording, await readEventFile(bytes, file, options))
  if (isHdf5(bytes)) return inspectHdf5(bytes, file)
  if (bytes[0] === 0x93) return inspectNpy(bytes, file)
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return inspectZip(bytes, file)
  if (bytes[0] === 0x80 && bytes[1] <= 5) return inspectPickle(bytes, file)
  if (isGzip(bytes)) return inspectGzip(bytes, file, options)
  if (isIdx(bytes)) return { ...found, format: 'IDX', kind: 'array', shape: readIdx(bytes, file).shape, notes: [] }
  const variant = cifarVariantOf(bytes.length, file)
  if (variant) return labelledImages(found, `${variant.name} binary`, readCifarBinary(bytes, variant, file))
  const format = /\.bin$/i.test(file) ? 'N-MNIST .bin' : 'CSV'
  return eventsFound(found, format, await readEventFile(bytes, file, options))
}

/** Formats of recordings that their beginnings tell. */
function recordingFormat(bytes: Uint8Array, file: string): string | undefined {
  if (isAedat4(bytes)) return 'AEDAT 4'
  if (isPropheseeRaw(bytes)) return 'Prophesee RAW'
  if (isPropheseeDat(bytes, file)) return 'Prophesee DAT'
  return isMat5(bytes) ? 'MATLAB 5' : undefined
}

function isIdx(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 8
}

/** What is packed, by how it begins. */
async function inspectGzip(bytes: Uint8Array, file: string, options: EventFileOptions): Promise<FileInspection> {
  const inner = file.replace(/\.gz$/i, '')
  if (/\.(tar\.gz|tgz)$/i.test(file)) return inspectTarGzip(bytes, file)
  const unpacked = gunzip(bytes, {
    file,
    limit: (head) => (isIdx(head) ? idxSize(head, bytes.length, file) : unpackedLimit(bytes.length)),
  })
  const found = await inspectFile(unpacked, inner, options)
  return { ...found, file, bytes: bytes.length, format: `${found.format}, gzip` }
}

async function inspectTarGzip(bytes: Uint8Array, file: string): Promise<FileInspection> {
  const packed = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip'))
  const most = unpackedLimit(bytes.length)
  let [members, unpacked] = [0, 0]
  for await (const { chunks } of readTar(packed as ReadableStream<Uint8Array>, file)) {
    members++
    for await (const { length } of chunks) {
      unpacked += length
      if (unpacked <= most) continue
      throw damageAt(file, 0, {
        what: 'tar.gz archive unpacks to far more than one of its size should hold',
        expected: `at most ${most} bytes`,
        got: 'more',
        next: 'The archive is damaged or not what it claims to be.',
      })
    }
  }
  return { file, bytes: bytes.length, format: 'tar, gzip', kind: 'archive', members, notes: [] }
}

type Found = Pick<FileInspection, 'file' | 'bytes'>

function eventsFound(found: Found, format: string, events: Events, notes: readonly string[] = []): FileInspection {
  const summary = summariseEvents(events)
  const disorder = summary.ordered ? [] : ['times are not in order']
  return { ...found, format, kind: 'events', events: summary, notes: [...notes, ...disorder] }
}

function inspectAedat3(bytes: Uint8Array, file: string, { size }: EventFileOptions): FileInspection {
  const { events, invalid, otherPackets } = readAedat3(bytes, { file, ...(size ? { size } : {}) })
  return eventsFound({ file, bytes: bytes.length }, 'AEDAT 3.1', events, [
    ...(invalid > 0 ? [`${invalid} events are marked invalid and were left out`] : []),
    ...(otherPackets > 0 ? [`${otherPackets} packets of other types were left out`] : []),
  ])
}

/** CIFAR's binary files have no header: their names and sizes tell. */
function cifarVariantOf(length: number, file: string): CifarVariant | undefined {
  const named = /(^|[\\/])(data_batch|test_batch|train|test)[^\\/]*\.bin$/i.test(file)
  return [cifar10Variant, cifar100Variant].find(
    ({ labels }) => named && length > 0 && length % (labels.length + 3072) === 0,
  )
}

function labelledImages(
  found: Found,
  format: string,
  { length, labels }: { length: number; labels: Uint8Array },
): FileInspection {
  const counts: Record<string, number> = {}
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1
  return { ...found, format, kind: 'labelled images', records: length, shape: [32, 32, 3], labels: counts, notes: [] }
}

function inspectPickle(bytes: Uint8Array, file: string): FileInspection {
  const variant = /(^|[\\/])(train|test)$/.test(file) ? cifar100Variant : cifar10Variant
  const records = readCifarPickle(bytes, variant, file)
  return labelledImages({ file, bytes: bytes.length }, `${variant.name} pickle`, records)
}

function inspectNpy(bytes: Uint8Array, file: string): FileInspection {
  const contents = readNpy(bytes, file)
  if ('fields' in contents) return eventsFound({ file, bytes: bytes.length }, 'NPY', readEventNpy(bytes, { file }))
  return { file, bytes: bytes.length, format: 'NPY', kind: 'array', shape: contents.shape, notes: [] }
}

async function inspectZip(bytes: Uint8Array, file: string): Promise<FileInspection> {
  const found = { file, bytes: bytes.length }
  if (!/\.npz$/i.test(file)) {
    const entries = await readZip(bytesSource(bytes, file))
    return { ...found, format: 'zip', kind: 'archive', members: entries.length, notes: [] }
  }
  const arrays = await readNpz(bytes, { file })
  if (holdsEvents(arrays)) return eventsFound(found, 'NPZ', await readEventNpz(bytes, { file }))
  const shapes = Object.fromEntries([...arrays].map(([name, { shape }]) => [name, shape]))
  return { ...found, format: 'NPZ', kind: 'arrays', arrays: shapes, notes: [] }
}

function holdsEvents(arrays: ReadonlyMap<string, NpyContents>): boolean {
  return (arrays.has('x') && arrays.has('y')) || [...arrays.values()].some((array) => 'fields' in array)
}

async function inspectHdf5(bytes: Uint8Array, file: string): Promise<FileInspection> {
  const { datasets } = await readHdf5(bytes, file, { only: [] })
  const arrays = Object.fromEntries([...datasets].map(([path, { shape }]) => [path, shape]))
  if (eventsPlace([...datasets].map(([path, { shape }]) => ({ path, shape })))) {
    return eventsFound({ file, bytes: bytes.length }, 'HDF5', await readEventFile(bytes, file))
  }
  return { file, bytes: bytes.length, format: 'HDF5', kind: 'arrays', arrays, notes: [] }
}
