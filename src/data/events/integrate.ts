import { ResourceError, ShapeError, UsageError } from '../../base/index.ts'
import { checkOnSensor, type Events, type SensorSize } from '../../formats/index.ts'
import { sortedByTime } from './changes.ts'
import { timeSurfaces } from './time-surface.ts'

/**
 * How a recording is cut into T frames. `number`: N div T events each, the last frame takes the rest. `time`: (last time
 * - first time) div T microseconds each, the last frame runs to the end. `window`: `windowUs` each, from the first event
 * on; what comes after T windows is left out, and what is missing stays empty.
 */
export type FrameCut = 'number' | 'time' | 'window'

/**
 * What a frame holds at a pixel: how many events; 1 where there were any; shares of events in time, or how long ago the last
 * one was (see below).
 */
export const frameValues = ['counts', 'binary', 'voxel', 'surface'] as const

export type FrameValues = (typeof frameValues)[number]

export interface FrameOptions {
  /** Frames. */
  readonly T: number
  /** Default: number. */
  readonly by?: FrameCut
  /** Microseconds, of `window`. */
  readonly windowUs?: number
  /**
   * Default: counts. `voxel` shares each event between the two nearest of T moments, spread evenly from the first event
   * to the last (Zhu et al. 2019), per polarity; it has no use for `by`. `surface` is exp(-age / tauUs) of the last event of
   * each pixel and polarity, at the end of each frame (Lagorce et al. 2017).
   */
  readonly values?: FrameValues
  /** Microseconds, of `surface`. */
  readonly tauUs?: number
  /**
   * Another size of the frames: a pixel's events go to the new pixels that it covers, in proportion to the area; of a
   * `surface`, to the one at its place. Default: the sensor's.
   */
  readonly size?: SensorSize
}

/** Frames of one recording. */
export interface Frames {
  /** [T, H, W, 2]: darker events in channel 0, brighter ones in channel 1. */
  readonly values: Float32Array
  readonly shape: readonly [T: number, height: number, width: number, channels: 2]
  /** Events that are in no frame: those after the last window. */
  readonly left: number
}

/**
 * Sums events into frames. The sum of all values is the number of events (less `left`), except for `binary` and
 * `surface`.
 * @throws UsageError if an option is out of range; ShapeError if an event lies outside of the sensor; ResourceError if the
 * frames have more than 2^26 numbers
 */
export function integrate(events: Events, options: FrameOptions): Frames {
  const { T, values: kind = 'counts', size = events } = options
  checkOptions(options)
  checkRoom(T, size)
  checkOnSensor(events, 'integrate')
  const { width, height } = size
  const shape = [T, height, width, 2] as const
  if (kind === 'surface') return { ...surfaceFrames(sortedByTime(events), options, size), shape }
  const values = new Float32Array(T * height * width * 2)
  const columns = shares(events.width, width)
  const rows = shares(events.height, height)
  const ordered = kind === 'voxel' || options.by === 'time' || options.by === 'window' ? sortedByTime(events) : events
  const placed = kind === 'voxel' ? voxelFrames(ordered, T) : cutFrames(ordered, options)
  let left = 0
  for (let i = 0; i < ordered.t.length; i++) {
    const [frame, weight] = placed(i)
    if (frame >= T) {
      left++
      continue
    }
    for (const [row, tall] of rows(ordered.y[i])) {
      for (const [column, wide] of columns(ordered.x[i])) {
        const at = ((frame * height + row) * width + column) * 2 + ordered.p[i]
        const share = tall * wide
        values[at] += share * weight
        if (weight < 1) values[at + height * width * 2] += share * (1 - weight)
      }
    }
  }
  if (kind === 'binary') for (let i = 0; i < values.length; i++) if (values[i] > 0) values[i] = 1
  return { values, shape, left }
}

/** Which frame event i goes to, and the share of it; the rest goes to the frame after. */
type Placing = (i: number) => readonly [frame: number, weight: number]

function cutFrames({ t }: Events, { T, by = 'number', windowUs = 1 }: FrameOptions): Placing {
  const count = t.length
  if (by === 'number') {
    const each = Math.floor(count / T)
    return (i) => [each === 0 ? T - 1 : Math.min(T - 1, Math.floor(i / each)), 1]
  }
  const [first, last] = [t[0], t[count - 1]]
  if (by === 'window') return (i) => [Math.floor((t[i] - first) / windowUs), 1]
  const each = Math.floor((last - first) / T)
  return (i) => [each === 0 ? T - 1 : Math.min(T - 1, Math.floor((t[i] - first) / each)), 1]
}

function surfaceFrames(ordered: Events, options: FrameOptions, size: SensorSize) {
  const { T, by = 'number', windowUs = 1, tauUs = 1 } = options
  const { t } = ordered
  const placed = cutFrames(ordered, options)
  const frameOf = (i: number) => placed(i)[0]
  const [first, last] = t.length === 0 ? [0, 0] : [t[0], t[t.length - 1]]
  const ends = new Float64Array(T).fill(first)
  if (by === 'number') {
    for (let i = 0; i < t.length; i++) ends[frameOf(i)] = t[i]
    for (let frame = 1; frame < T; frame++) ends[frame] = Math.max(ends[frame], ends[frame - 1])
  } else {
    const each = by === 'window' ? windowUs : Math.floor((last - first) / T)
    for (let frame = 0; frame < T; frame++) {
      ends[frame] = by === 'time' && frame === T - 1 ? last : first + (frame + 1) * each
    }
  }
  let left = 0
  for (let i = t.length - 1; i >= 0 && frameOf(i) >= T; i--) left++
  return { values: timeSurfaces(ordered, T, size, tauUs, frameOf, (frame) => ends[frame]), left }
}

function voxelFrames({ t }: Events, T: number): Placing {
  const [first, last] = [t[0], t[t.length - 1]]
  const scale = last > first ? (T - 1) / (last - first) : 0
  return (i) => {
    const moment = (t[i] - first) * scale
    const frame = Math.min(T - 1, Math.floor(moment))
    return [frame, 1 - (moment - frame)]
  }
}

type Share = readonly [place: number, share: number]

/** For an old pixel of a row: the new pixels it covers, and the share of its area in each. */
function shares(from: number, to: number): (pixel: number) => readonly Share[] {
  const known: Share[][] = []
  return (pixel) => {
    if (known[pixel]) return known[pixel]
    // In units of which a new pixel has `from` and an old one `to`.
    const [start, end] = [pixel * to, (pixel + 1) * to]
    const covered: Share[] = []
    for (let place = Math.floor(start / from); place * from < end; place++) {
      covered.push([place, (Math.min(end, (place + 1) * from) - Math.max(start, place * from)) / to])
    }
    known[pixel] = covered
    return covered
  }
}

/** Numbers of one recording's frames: 36 frames of 1280x720 have as many. */
const mostNumbers = 2 ** 26

function checkRoom(T: number, { width, height }: SensorSize): void {
  if (T * width * height * 2 <= mostNumbers) return
  throw new ResourceError({
    what: 'the frames of a recording would be too large',
    place: `${T} frames of ${width}x${height} pixels`,
    expected: `at most ${mostNumbers} numbers in all`,
    got: String(T * width * height * 2),
    next: 'Scale the frames to a smaller size, or make fewer.',
  })
}

function checkOptions({ T, by, windowUs, size, values, tauUs }: FrameOptions): void {
  const whole = (value: number) => Number.isSafeInteger(value) && value >= 1
  if (!whole(T) || (size && !(whole(size.width) && whole(size.height)))) {
    throw new ShapeError({
      what: 'frames: T or size out of range',
      expected: 'whole numbers, 1 or more',
      got: `T ${T}${size ? `, ${size.width}x${size.height}` : ''}`,
    })
  }
  if (by === 'window' && values !== 'voxel' && !(windowUs !== undefined && windowUs > 0)) {
    throw new UsageError({
      what: 'frames by window need its length',
      expected: 'microseconds above 0',
      got: String(windowUs),
    })
  }
  if (values === 'surface' && !(tauUs !== undefined && tauUs > 0 && Number.isFinite(tauUs))) {
    throw new UsageError({
      what: 'time surfaces need the time in which they fade',
      expected: 'tauUs, microseconds above 0',
      got: String(tauUs),
    })
  }
}
