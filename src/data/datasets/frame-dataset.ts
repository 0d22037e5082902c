import { UsageError } from '../../base/index.ts'
import { integrate } from '../events/index.ts'
import { type ConversionOptions, conversionText, filteredEvents } from './conversion.ts'
import type { Dataset, Datasets } from './dataset.ts'
import type { FrameCache } from './frame-cache.ts'
import { linesHash } from './members-hash.ts'
import { joinSamples, packSample, unpackSample } from './packed-samples.ts'
import { memberHashes, memberLines, type RecordingSets, type Recordings } from './recordings.ts'
import { readShard, writeShard } from './shard.ts'

export interface ConversionSurroundings {
  /** Keeps what was converted; without it, each run converts again. */
  readonly cache?: FrameCache
  /** Called after every recording that was converted, and every shard that was found. */
  progress?(done: number, total: number): void
  /** Called once a side where frames came from the cache: how many recordings', and from which folder. */
  found?(recordings: number, place: string): void
}

/**
 * Part of every key: it changes whenever a reader gives other events of the same bytes, or the same events become other
 * frames. Then all frames are made anew.
 */
const framesVersion = 'frames 2'

/** Recordings in one file of the cache. */
const shardLength = 250

/** Frames of both sides, converted or from the cache. @throws FormatError if a recording is damaged */
export async function frameDatasets(
  sets: RecordingSets,
  options: ConversionOptions,
  surroundings: ConversionSurroundings = {},
): Promise<Datasets> {
  const { cache, progress, found } = surroundings
  const total = sets.train.members.length + sets.test.members.length
  const from = (first: number): ConversionSurroundings => ({
    ...(cache ? { cache } : {}),
    ...(found ? { found } : {}),
    ...(progress ? { progress: (done) => progress(first + done, total) } : {}),
  })
  const train = await frameDataset(sets.train, options, from(0))
  const test = await frameDataset(sets.test, options, from(sets.train.members.length))
  const notes = [...sets.notes, `frames: ${conversionText(options)}`]
  const { name, split, validation, sensor } = sets
  const known = { ...(validation ? { validation } : {}), ...(sensor ? { sensor } : {}) }
  return { name, train, test, ...known, split, conversion: options, notes }
}

/**
 * Recordings as a data set of frames, [T, H, W, 2] each. With a cache, each recording is converted once; frames are found
 * again by what the recordings hold, not by what they are called. Shards of frames are written whole, one after the other,
 * so that a conversion that was interrupted goes on after its last whole shard, and only a shard whose checksum fits
 * counts.
 * @throws FormatError if a recording is damaged; UsageError if one changes while it is converted
 */
export async function frameDataset(
  recordings: Recordings,
  options: ConversionOptions,
  { cache, progress, found }: ConversionSurroundings = {},
): Promise<Dataset> {
  const { members, classes, sensor, name } = recordings
  const { width, height } = options.size ?? sensor
  const shape = [height, width, 2] as const
  const values = options.T * height * width * 2
  const lines = await memberLines(recordings, cache)
  const key = linesHash([framesVersion, conversionText(options), `${sensor.width}x${sensor.height}`, ...lines])
  const parts: Uint8Array[] = []
  let cached = 0
  for (let first = 0; first < members.length; first += shardLength) {
    const count = Math.min(shardLength, members.length - first)
    const file = `${key}/${String(first / shardLength).padStart(5, '0')}.frames`
    const kept = await cache?.read(file)
    let shard = kept && readShard(kept, { key, first, count })
    if (shard) cached += count
    else {
      shard = []
      for (let i = first; i < first + count; i++) {
        shard.push(await convert(recordings, i, options))
        progress?.(i + 1, members.length)
      }
      if (cache) await checkUnchanged(recordings, lines, first, first + count)
      await cache?.write(file, writeShard(shard, { key, first, count }))
    }
    for (const part of shard) parts.push(part)
    progress?.(first + count, members.length)
  }
  if (cache && cached > 0) found?.(cached, `${cache.place}/${key}`)
  const packed = joinSamples(parts, values)
  return {
    name,
    classes,
    shape,
    steps: options.T,
    length: members.length,
    label: (i) => members[i].label,
    image: (i, into) => unpackSample(packed, i, new Float32Array(into.buffer, into.byteOffset, values)),
    packed,
    members: linesHash(lines),
  }
}

async function convert(recordings: Recordings, i: number, options: ConversionOptions): Promise<Uint8Array> {
  const events = await recordings.read(i)
  return packSample(integrate(filteredEvents(events, options), options).values)
}

/** Frames of bytes that changed after they were hashed must not be found under that hash. */
async function checkUnchanged(recordings: Recordings, lines: readonly string[], first: number, end: number) {
  const hashes = await memberHashes(recordings, first, end)
  const before = lines.slice(lines.length - recordings.members.length)
  const changed = hashes.findIndex((hash, i) => !before[first + i].endsWith(`\t${hash}`))
  if (changed < 0) return
  throw new UsageError({
    what: 'a recording changed while it was converted',
    place: `${recordings.folder?.place ?? recordings.name}/${recordings.members[first + changed].id}`,
    next: 'Wait until nothing writes to the folder any more, and start again.',
  })
}
