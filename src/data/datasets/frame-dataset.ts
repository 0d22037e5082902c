import { denoise, integrate } from '../events/index.ts'
import { type ConversionOptions, conversionText } from './conversion.ts'
import type { Dataset, Datasets } from './dataset.ts'
import type { FrameCache } from './frame-cache.ts'
import { linesHash } from './members-hash.ts'
import { joinSamples, packSample, unpackSample } from './packed-samples.ts'
import { memberLines, type RecordingSets, type Recordings } from './recordings.ts'
import { readShard, writeShard } from './shard.ts'

export interface ConversionSurroundings {
  /** Keeps what was converted; without it, each run converts again. */
  readonly cache?: FrameCache
  /** Called after every recording that was converted, and every shard that was found. */
  progress?(done: number, total: number): void
}

/** Recordings in one file of the cache. */
const shardLength = 250

/** Frames of both sides, converted or from the cache. @throws FormatError if a recording is damaged */
export async function frameDatasets(
  sets: RecordingSets,
  options: ConversionOptions,
  surroundings: ConversionSurroundings = {},
): Promise<Datasets> {
  const { cache, progress } = surroundings
  const total = sets.train.members.length + sets.test.members.length
  const from = (first: number): ConversionSurroundings => ({
    ...(cache ? { cache } : {}),
    ...(progress ? { progress: (done) => progress(first + done, total) } : {}),
  })
  const train = await frameDataset(sets.train, options, from(0))
  const test = await frameDataset(sets.test, options, from(sets.train.members.length))
  const notes = [...sets.notes, `frames: ${conversionText(options)}`]
  return { name: sets.name, train, test, split: sets.split, conversion: options, notes }
}

/**
 * Recordings as a data set of frames, [T, H, W, 2] each. With a cache, each recording is read once: shards of frames are
 * written whole, one after the other, so that a conversion that was interrupted goes on after its last whole shard, and
 * only a shard whose checksum fits counts.
 * @throws FormatError if a recording is damaged
 */
export async function frameDataset(
  recordings: Recordings,
  options: ConversionOptions,
  { cache, progress }: ConversionSurroundings = {},
): Promise<Dataset> {
  const { members, classes, sensor, name } = recordings
  const { width, height } = options.size ?? sensor
  const shape = [height, width, 2] as const
  const values = options.T * height * width * 2
  const lines = memberLines(recordings)
  const key = linesHash([conversionText(options), `${sensor.width}x${sensor.height}`, ...lines])
  const parts: Uint8Array[] = []
  for (let first = 0; first < members.length; first += shardLength) {
    const count = Math.min(shardLength, members.length - first)
    const file = `${key}/${String(first / shardLength).padStart(5, '0')}.frames`
    const found = await cache?.read(file)
    let shard = found && readShard(found, { key, first, count })
    if (!shard) {
      shard = []
      for (let i = first; i < first + count; i++) {
        shard.push(await convert(recordings, i, options))
        progress?.(i + 1, members.length)
      }
      await cache?.write(file, writeShard(shard, { key, first, count }))
    }
    for (const part of shard) parts.push(part)
    progress?.(first + count, members.length)
  }
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
  const kept = options.denoiseUs === undefined ? events : denoise(events, options.denoiseUs)
  return packSample(integrate(kept, options).values)
}
