import type { Events, SensorSize } from '../../formats/index.ts'
import type { DataFolder, StoredFile } from '../files.ts'
import { contentHashes } from './content-hashes.ts'
import type { FrameCache } from './frame-cache.ts'
import { contentHash, linesHash } from './members-hash.ts'

/** One recording of a data set, not read yet. */
export interface RecordingMember {
  /** Its file below the data set's folder, and the part of the file where there are several. */
  readonly id: string
  readonly label: number
  /** What it is read from, where it is a file; recordings of one file share it. */
  readonly file?: StoredFile
}

/** Labelled recordings of one sensor. */
export interface Recordings {
  readonly name: string
  readonly classes: readonly string[]
  readonly sensor: SensorSize
  readonly members: readonly RecordingMember[]
  /** Where the members' files are, where they have any. */
  readonly folder?: DataFolder
  /** What else decides how files are read, such as an address layout. */
  readonly reading?: string
  /** @throws FormatError if its file is damaged */
  read(i: number): Promise<Events>
}

/** The recordings to learn from, and those to be judged by. */
export interface RecordingSets {
  readonly name: string
  readonly train: Recordings
  readonly test: Recordings
  /** Numbers of those among `train` that were put aside to choose the epoch; see `Datasets`. */
  readonly validation?: Uint32Array
  /** Where no data set's name says it. */
  readonly sensor?: SensorSize
  /** How the two are told apart. */
  readonly split: string
  readonly notes: readonly string[]
}

/**
 * One line a member, which hashes and caches are made from: its name, its class, and the hash of its file's bytes; of
 * recordings without files, that of their events.
 * @param cache remembers hashes of files that did not change since
 */
export async function memberLines(recordings: Recordings, cache?: FrameCache): Promise<string[]> {
  const { classes, members, reading } = recordings
  const hashes = await memberHashes(recordings, 0, members.length, cache)
  const lines = members.map(({ id, label }, i) => `${id}\t${classes[label]}\t${hashes[i]}`)
  return reading === undefined ? lines : [reading, ...lines]
}

/** Hashes of what members `first` to before `end` hold. */
export async function memberHashes(
  { members, folder, read }: Recordings,
  first: number,
  end: number,
  cache?: FrameCache,
): Promise<string[]> {
  const some = members.slice(first, end)
  const files = some.flatMap(({ file }) => (file ? [file] : []))
  const hashes = folder ? await contentHashes(folder, files, cache) : new Map<string, string>()
  const ofMembers: string[] = []
  for (const [i, { file }] of some.entries()) {
    ofMembers.push((file && hashes.get(file.path)) ?? eventsHash(await read(first + i)))
  }
  return ofMembers
}

function eventsHash({ width, height, t, x, y, p }: Events): string {
  const bytes = [t, x, y, p].map((values) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return linesHash([`${width}x${height}`, ...bytes.map(contentHash)])
}
