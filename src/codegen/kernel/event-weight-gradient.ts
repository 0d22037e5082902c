import { addEvents, maximumVectors } from './event-forward.ts'
import { spikeBitsOf } from './spike-bytes.ts'
import { n, overTasks, readArguments, recordOf, times4 } from './tasks.ts'
import { f32, f32x4, i32, type Local, type Value, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Weight gradient over spike events. The output gradient is first copied into frames, cut into blocks of output channels;
 * their borders of zeros make every tap of every event valid. Then each task takes eight input channels and walks the
 * images in groups, and each group in bands of pixels whose part of the gradient stays in the nearest cache: it lists, for
 * each of its channels, the frame places of the pixels that fired, and adds the gradient's rows found there, tap by tap, into
 * sums that stay in registers.
 *
 * The memory that it walks:
 *
 *     frames    [group][block][image][frame pixel][vector of outputs]  the gradient, with borders of zeros
 *     lists     [channel of the task][event]  byte offsets of frame pixels in a band, in a thread's own scratch memory
 *     ends      [channel of the task]  where each list ends
 *     target    [tap][input channel][output]  the result: a list, moved by a tap, is the sum of one row of it
 */
export const packFramesArguments = [
  'tasks',
  'imagesPerGroup',
  'source',
  'height',
  'width',
  'pixelBytes',
  'target',
  'groupBytes',
  'frameHeight',
  'frameWidth',
  'top',
  'left',
  'blocks',
  'blockTable',
  'stride',
] as const

/**
 * Copies each image's gradient into [group][block][image][frame pixel][stride bytes]. A block's entry: offset of the block
 * within a group, vectors, byte offset of its first channel, unused. One task is one image.
 */
export function packFrames(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, packFramesArguments)
    const [block, entry, vectors, row, column, v, from, to, frame] = Array.from({ length: 9 }, () => w.i32())
    const frameBytes = w.i32(i32.mul(i32.mul(a.frameHeight, a.frameWidth), a.stride))
    overTasks(w, counter, a.tasks, (task) => {
      const group = w.i32(i32.div(task, a.imagesPerGroup))
      const within = w.i32(i32.sub(task, i32.mul(group, a.imagesPerGroup)))
      w.for(block, n(0), a.blocks, n(1), () => {
        w.set(entry, i32.add(a.blockTable, i32.shl(block, n(4))))
        w.set(vectors, i32.load(entry, 4))
        w.set(frame, i32.add(i32.add(a.target, i32.mul(group, a.groupBytes)), i32.load(entry)))
        w.set(frame, i32.add(frame, i32.mul(within, frameBytes)))
        w.fillMemory(frame, n(0), frameBytes)
        w.set(from, i32.add(a.source, i32.mul(task, i32.mul(i32.mul(a.height, a.width), a.pixelBytes))))
        w.set(from, i32.add(from, i32.load(entry, 8)))
        w.for(row, n(0), a.height, n(1), () => {
          w.set(to, i32.add(i32.mul(i32.add(row, a.top), a.frameWidth), a.left))
          w.set(to, i32.add(frame, i32.mul(to, a.stride)))
          w.for(column, n(0), a.width, n(1), () => {
            w.for(v, n(0), i32.mul(vectors, n(w.bytes)), n(w.bytes), () => {
              w.do(wide.store(i32.add(to, v), wide.load(i32.add(from, v))))
            })
            w.set(from, i32.add(from, a.pixelBytes))
            w.set(to, i32.add(to, a.stride))
          })
        })
      })
    })
  })
}

export const eventWeightGradientArguments = [
  'tasks',
  'images',
  'imagesPerGroup',
  'groupBytes',
  'x',
  'imageBytes',
  'pixelBytes',
  'channels',
  'frames',
  'frameBytes',
  'phases',
  'phaseTable',
  'blocks',
  'blockTable',
  'target',
  'targetRowBytes',
  'scratch',
  'scratchBytes',
  'listBytes',
  'scale',
  'bandPixels',
  'fresh',
] as const

/**
 * Input channels that one task takes. As many as there are lanes can be listed together where channels have machine code; with
 * few channels smaller tasks keep the threads busy.
 */
export const channelsPerTask = (lanes: number, channels: number): number => {
  return lanes === 16 && channels >= 64 && channels % 16 === 0 ? 16 : 8
}

/**
 * A phase of the stride: its pixels (count, table of [byte offset of the pixel in x, place in the frame]) and its taps (count,
 * table of [place in the frame, byte offset in the target]).
 */
const phaseRecord = recordOf(['pixels', 'pixelTable', 'taps', 'tapTable'])
export const phaseWords = phaseRecord.bytes / 4

/** Entries of those tables. */
const pixelEntry = recordOf(['x', 'frame'])
const tapEntry = recordOf(['frame', 'target'])

/** A block of output channels: its place in a group of frames, its vectors, byte offset of its first channel. */
const blockRecord = recordOf(['frames', 'vectors', 'target'])

/** @param levels most spikes that one byte of x counts: each is an event of its own */
export function eventWeightGradient(target: Target, counter: number, perTask: number, levels: number) {
  return assemble(target, (w, args, thread) => {
    new EventWeightGradient(w, args, thread, perTask, levels).write(counter)
  })
}

class EventWeightGradient {
  private readonly w: Writer
  private readonly a: { readonly [N in (typeof eventWeightGradientArguments)[number]]: Local }
  private readonly perTask: number
  private readonly levels: number
  private readonly scale: Local
  private readonly ends: Local
  private readonly lists: Local
  /** Where the task stands: group of images, phase, band of its pixels, block, channel. */
  private readonly group: Local
  private readonly first: Local
  private readonly count: Local
  private readonly phase: Local
  private readonly phaseAt: Local
  private readonly block: Local
  private readonly entry: Local
  private readonly channel: Local
  private readonly firstChannel: Local
  private readonly room: Local
  private readonly band: Local
  private readonly bandEnd: Local
  private readonly phaseEnd: Local
  /** Whether the sums are the first for their rows of the target, which then holds nothing yet. */
  private readonly isFirst: Local

  constructor(w: Writer, args: Local, thread: Local, perTask: number, levels: number) {
    this.w = w
    this.perTask = perTask
    this.levels = levels
    const a = readArguments(w, args, eventWeightGradientArguments)
    this.a = a
    this.scale = w.wide(f32x4.splatWide(f32.load(args, 4 * eventWeightGradientArguments.indexOf('scale'))))
    this.ends = w.i32(i32.add(a.scratch, i32.mul(thread, a.scratchBytes)))
    this.lists = w.i32(i32.add(this.ends, n(4 * 16)))
    this.group = w.i32()
    this.first = w.i32()
    this.count = w.i32()
    this.phase = w.i32()
    this.phaseAt = w.i32()
    this.block = w.i32()
    this.entry = w.i32()
    this.channel = w.i32()
    this.firstChannel = w.i32()
    this.room = w.i32()
    this.band = w.i32()
    this.bandEnd = w.i32()
    this.phaseEnd = w.i32()
    this.isFirst = w.i32()
  }

  write(counter: number): void {
    const { w, a, first, group, count } = this
    overTasks(w, counter, a.tasks, (task) => {
      w.set(this.firstChannel, i32.mul(task, n(this.perTask)))
      w.set(this.room, i32.sub(a.channels, this.firstChannel))
      w.if(i32.gtU(this.room, n(this.perTask)), () => w.set(this.room, n(this.perTask)))
      w.set(group, n(0))
      w.for(first, n(0), a.images, a.imagesPerGroup, () => {
        w.set(count, i32.sub(a.images, first))
        w.if(i32.gtU(count, a.imagesPerGroup), () => w.set(count, a.imagesPerGroup))
        w.for(this.phase, n(0), a.phases, n(1), () => this.onePhase())
        w.set(group, i32.add(group, n(1)))
      })
    })
  }

  /** The pixels of one phase in a group of images, band by band. */
  private onePhase(): void {
    const { w, a, phaseAt, band, bandEnd, phaseEnd } = this
    w.set(phaseAt, i32.add(a.phaseTable, i32.mul(this.phase, n(phaseRecord.bytes))))
    w.set(band, phaseRecord.load(phaseAt, 'pixelTable'))
    w.set(phaseEnd, i32.add(band, i32.shl(phaseRecord.load(phaseAt, 'pixels'), n(3))))
    w.set(this.isFirst, i32.and(a.fresh, i32.eqz(this.group)))
    w.while(i32.ltU(band, phaseEnd), () => {
      w.set(bandEnd, i32.add(band, i32.shl(a.bandPixels, n(3))))
      w.if(i32.gtU(bandEnd, phaseEnd), () => w.set(bandEnd, phaseEnd))
      this.listEvents()
      w.for(this.block, n(0), a.blocks, n(1), () => {
        w.set(this.entry, i32.add(a.blockTable, i32.shl(this.block, n(4))))
        for (let v = 1; v <= maximumVectors(w.lanes); v++)
          w.if(i32.eq(blockRecord.load(this.entry, 'vectors'), n(v)), () => this.blockOf(v))
      })
      w.set(this.isFirst, n(0))
      w.set(band, bandEnd)
    })
  }

  /** Lists, per channel of the task, the frame places of the pixels of one band that fired. */
  private listEvents(): void {
    const { w, a } = this
    const next = Array.from({ length: this.perTask }, (_, c) => {
      return w.i32(i32.add(this.lists, i32.mul(a.listBytes, n(c))))
    })
    for (const bit of spikeBitsOf(this.levels)) {
      if (this.perTask === w.lanes) this.listTogether(next, bit)
      else this.listEight(next, bit)
    }
    next.forEach((list, c) => w.do(i32.store(this.ends, list, 4 * c)))
  }

  /** Calls `visit` for every pixel of the band in every image, with its address in x and its place in the frames. */
  private overBand(visit: (at: Local, place: Local) => void): void {
    const { w, a } = this
    const [image, pixel, end, at, place, base, frame] = Array.from({ length: 7 }, () => w.i32())
    w.for(image, n(0), this.count, n(1), () => {
      w.set(base, i32.add(a.x, i32.add(i32.mul(i32.add(this.first, image), a.imageBytes), this.firstChannel)))
      w.set(frame, i32.mul(image, a.frameBytes))
      w.set(pixel, this.band)
      w.set(end, this.bandEnd)
      w.while(i32.ltU(pixel, end), () => {
        w.set(at, i32.add(base, pixelEntry.load(pixel, 'x')))
        w.set(place, i32.add(frame, pixelEntry.load(pixel, 'frame')))
        visit(at, place)
        w.set(pixel, i32.add(pixel, n(pixelEntry.bytes)))
      })
    })
  }

  private listEight(next: readonly Local[], bit: number): void {
    const { w } = this
    this.overBand((at, place) => {
      const halves = [w.i32(i32.load(at)), w.i32(i32.load(at, 4))]
      w.if(i32.and(i32.or(halves[0], halves[1]), n(0x01010101 << bit)), () => {
        next.forEach((list, c) => {
          const fired = i32.and(i32.shrU(halves[c >> 2], n(8 * (c & 3) + bit)), n(1))
          w.do(i32.store(list, place))
          w.set(list, i32.add(list, times4(fired)))
        })
      })
    })
  }

  /** Per pixel a mask of its channels; then per channel and vector of pixels the places whose mask has its bit. */
  private listTogether(next: readonly Local[], bit: number): void {
    const { w, a } = this
    const masks = w.i32(i32.add(this.lists, i32.mul(a.listBytes, n(this.perTask))))
    const places = w.i32(i32.add(masks, a.listBytes))
    const [pixels, offset] = [w.i32(n(0)), w.i32()]
    this.overBand((at, place) => {
      w.do(i32.store(i32.add(masks, pixels), wide.testBytes(at, bit)))
      w.do(i32.store(i32.add(places, pixels), place))
      w.set(pixels, i32.add(pixels, n(4)))
    })
    w.do(wide.store(i32.add(masks, pixels), w.constant(0)))
    w.for(offset, n(0), pixels, n(w.bytes), () => {
      const channelMasks = w.wide(wide.load(i32.add(masks, offset)))
      const several = w.wide(wide.load(i32.add(places, offset)))
      next.forEach((list, c) => {
        const mask = w.i32(wide.testLanes(channelMasks, c))
        w.do(wide.store(list, wide.compress(several, mask)))
        w.set(list, i32.add(list, times4(i32.popcnt(mask))))
      })
    })
  }

  /** One block of outputs: every tap of every channel of the task. */
  private blockOf(vectors: number): void {
    const { w, a, channel, entry, phaseAt } = this
    const [frames, target, list, end, taps, tapsEnd] = Array.from({ length: 6 }, () => w.i32())
    const groupAt = i32.add(a.frames, i32.mul(this.group, a.groupBytes))
    const base = w.i32(i32.add(groupAt, blockRecord.load(entry, 'frames')))
    w.for(channel, n(0), this.room, n(1), () => {
      w.set(list, i32.add(this.lists, i32.mul(channel, a.listBytes)))
      w.set(end, i32.load(i32.add(this.ends, times4(channel))))
      w.if(i32.or(this.isFirst, i32.ltU(list, end)), () => {
        w.set(taps, phaseRecord.load(phaseAt, 'tapTable'))
        w.set(tapsEnd, i32.add(taps, i32.shl(phaseRecord.load(phaseAt, 'taps'), n(3))))
        w.while(i32.ltU(taps, tapsEnd), () => {
          w.set(frames, i32.add(base, tapEntry.load(taps, 'frame')))
          w.set(target, i32.add(a.target, tapEntry.load(taps, 'target')))
          w.set(target, i32.add(target, i32.mul(i32.add(this.firstChannel, channel), a.targetRowBytes)))
          w.set(target, i32.add(target, blockRecord.load(entry, 'target')))
          this.accumulate(vectors, frames, target, list, end)
          w.set(taps, i32.add(taps, n(tapEntry.bytes)))
        })
      })
    })
  }

  /** Adds the gradient's rows at the listed places, for one tap, channel and block. */
  private accumulate(vectors: number, frames: Local, target: Local, list: Local, end: Local): void {
    const { w, scale } = this
    const sums = Array.from({ length: vectors }, () => w.wide(f32x4.const(0)))
    addEvents(w, w.i32(list), end, frames, sums)
    const store = (value: (sum: Local, at: number) => Value): void => {
      sums.forEach((sum, v) => w.do(wide.store(target, value(sum, w.bytes * v), w.bytes * v)))
    }
    w.if(
      this.isFirst,
      () => store((sum) => f32x4.mul(sum, scale)),
      () => store((sum, at) => f32x4.add(wide.load(target, at), f32x4.mul(sum, scale))),
    )
  }
}
