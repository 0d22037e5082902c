import type { Events, SensorSize } from '../events/index.ts'

/** One recording of a data set, not read yet. */
export interface RecordingMember {
  /** Its file below the data set's folder, and the part of the file where there are several. */
  readonly id: string
  readonly label: number
  /** Size of its file: another size is another recording. */
  readonly bytes: number
}

/** Labelled recordings of one sensor. */
export interface Recordings {
  readonly name: string
  readonly classes: readonly string[]
  readonly sensor: SensorSize
  readonly members: readonly RecordingMember[]
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
  /** How the two are told apart. */
  readonly split: string
  readonly notes: readonly string[]
}

/** One line a member, which hashes and caches are made from. */
export function memberLines({ classes, members, reading }: Recordings): string[] {
  const lines = members.map(({ id, label, bytes }) => `${id}\t${classes[label]}\t${bytes}`)
  return reading === undefined ? lines : [reading, ...lines]
}
