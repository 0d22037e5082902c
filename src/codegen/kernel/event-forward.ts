import { paddedColumns, sumRows } from './column-sums.ts'
import { appendPixel } from './event-lists.ts'
import { spikeBitsOf } from './spike-bytes.ts'
import { n, overTasks, readArguments, recordOf, rowMajor, times4 } from './tasks.ts'
import { f32, f32x4, i32, i32x4, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Convolution over spike events. Per image: the list of active channels of every pixel. Per output pixel: one merged list
 * over all taps, so that the inner loop is long. Then, block by block of output channels, every event adds one row of
 * weights to sums that stay in registers. Lists are filled for as many pixels as a buffer holds before the blocks are
 * walked, so that one block's weights serve many pixels while they are near. Where `sums` is given, the task sums the columns of
 * what it wrote, image by image (or its part of one), while that is near: [sums | squares] in float64, one after another.
 *
 * A thread's scratch memory, and what it points into:
 *
 *     starts    [pixel]  where each input pixel's list begins in `lists`, and behind the last where it ends
 *     lists     [event]  channel * stride, pixel after pixel of one image
 *     merged    [event]  (tap * channels + channel) * stride: places in the block's weights, output pixel after output pixel
 *     records   [output pixel of the batch]  its first and last event in `merged`, its place in the output
 *     weights   [block][tap][channel][vector of outputs], packed by the host: an event is one row of a block
 */
export const eventForwardArguments = [
  'tasks',
  'images',
  'imagesPerTask',
  'x',
  'height',
  'width',
  'pixelBytes',
  'channels',
  'outHeight',
  'outWidth',
  'kernelHeight',
  'kernelWidth',
  'strideY',
  'strideX',
  'paddingY',
  'paddingX',
  'dilationY',
  'dilationX',
  'stride',
  'table',
  'blocks',
  'blockTable',
  'bias',
  'output',
  'outPixelBytes',
  'residual',
  'residualImages',
  'scratch',
  'scratchBytes',
  'listOffset',
  'mergedOffset',
  'mergedBytes',
  'pixelsOffset',
  'parts',
  'scale',
  'residualScale',
  'sums',
] as const

/**
 * Most vectors of output channels in one block. With more than six, V8 spills sums; machine code has registers enough, but
 * the weights of a block should stay in the second-level cache.
 */
export const maximumVectors = (lanes: number): number => (lanes === 4 ? 6 : 8)

export type ResidualKind = 'none' | 'dense' | 'spikes'

/** Bytes of a list that are copied without looking at its length; reads and writes go that far beyond its end. */
export const copiedAtOnce = 64

/** An output pixel of the batch: its events in `merged`, and the byte offset of its output. */
const pixelRecord = recordOf(['first', 'end', 'output'])
export const pixelRecordBytes = pixelRecord.bytes

/** A block of output channels: its packed weights, its vectors, byte offset of its first channel, values of its last vector. */
const blockRecord = recordOf(['weights', 'vectors', 'output', 'tail'])

/** @param levels most spikes that one byte of x counts: each is an event of its own */
export function eventForward(target: Target, counter: number, residual: ResidualKind, levels: number) {
  return assemble(target, (w, args, thread) => new EventForward(w, args, thread, residual, levels).write(counter))
}

class EventForward {
  private readonly w: Writer
  private readonly a: { readonly [N in (typeof eventForwardArguments)[number]]: Local }
  private readonly residual: ResidualKind
  private readonly levels: number
  private readonly scale: Local
  private readonly residualScale: Local
  /** Where this thread's lists are. */
  private readonly starts: Local
  private readonly lists: Local
  private readonly merged: Local
  private readonly mergedEnd: Local
  private readonly records: Local
  private readonly inputPixels: Local
  /** Bytes of a tap's rows of weights. */
  private readonly tapStride: Local
  private readonly residualBytes: Local
  /** The task's images, and where it stands: next record, next event, output row and column. */
  private readonly image: Local
  private readonly lastImage: Local
  private readonly record: Local
  private readonly at: Local
  private readonly out: Local
  private readonly row: Local
  private readonly rowEnd: Local
  private readonly column: Local
  private readonly part: Local
  private readonly firstImage: Local

  constructor(w: Writer, args: Local, thread: Local, residual: ResidualKind, levels: number) {
    this.w = w
    this.residual = residual
    this.levels = levels
    const a = readArguments(w, args, eventForwardArguments)
    this.a = a
    this.scale = w.wide(f32x4.splatWide(f32.load(args, 4 * eventForwardArguments.indexOf('scale'))))
    this.residualScale = w.wide(f32x4.splatWide(f32.load(args, 4 * eventForwardArguments.indexOf('residualScale'))))
    this.starts = w.i32(i32.add(a.scratch, i32.mul(thread, a.scratchBytes)))
    this.lists = w.i32(i32.add(this.starts, a.listOffset))
    this.merged = w.i32(i32.add(this.starts, a.mergedOffset))
    this.mergedEnd = w.i32(i32.add(this.merged, a.mergedBytes))
    this.records = w.i32(i32.add(this.starts, a.pixelsOffset))
    this.inputPixels = w.i32(i32.mul(a.height, a.width))
    this.tapStride = w.i32(i32.mul(a.channels, a.stride))
    const outputBytes = i32.mul(i32.mul(a.outHeight, a.outWidth), a.outPixelBytes)
    this.residualBytes = w.i32(i32.mul(a.residualImages, outputBytes))
    this.image = w.i32()
    this.lastImage = w.i32()
    this.record = w.i32()
    this.at = w.i32()
    this.out = w.i32()
    this.row = w.i32()
    this.rowEnd = w.i32()
    this.column = w.i32()
    this.part = w.i32()
    this.firstImage = w.i32()
  }

  write(counter: number): void {
    const { w, a } = this
    const mostEvents = i32.mul(i32.mul(a.kernelHeight, a.kernelWidth), i32.mul(a.channels, n(this.levels)))
    const outputs = w.i32(i32.shrU(a.outPixelBytes, n(2)))
    const padded = paddedColumns(w, outputs)
    const pixelRoom = w.i32(i32.add(times4(mostEvents), n(64)))
    overTasks(w, counter, a.tasks, (task) => {
      this.begin(task)
      w.while(i32.ltU(this.image, this.lastImage), () => {
        this.buildLists()
        this.setRows()
        w.while(i32.ltU(this.row, this.rowEnd), () => {
          w.for(this.column, n(0), a.outWidth, n(1), () => this.addPixel(pixelRoom))
          w.set(this.row, i32.add(this.row, n(1)))
        })
        w.set(this.image, i32.add(this.image, n(1)))
      })
      w.if(i32.gtU(this.record, this.records), () => this.flush())
      w.if(a.sums, () => this.sumColumns(outputs, padded))
    })
  }

  /** A task: some images, or a part of one. */
  private begin(task: Local): void {
    const { w, a } = this
    w.set(this.firstImage, i32.mul(i32.div(task, a.parts), a.imagesPerTask))
    w.set(this.image, this.firstImage)
    w.set(this.part, i32.rem(task, a.parts))
    w.set(this.lastImage, i32.add(this.image, a.imagesPerTask))
    w.if(i32.gtU(this.lastImage, a.images), () => w.set(this.lastImage, a.images))
    this.emptyBatch()
  }

  private emptyBatch(): void {
    this.w.set(this.at, this.merged)
    this.w.set(this.record, this.records)
  }

  private firstRow(): Value {
    return i32.div(i32.mul(this.part, this.a.outHeight), this.a.parts)
  }

  private setRows(): void {
    this.w.set(this.row, this.firstRow())
    const next = i32.mul(i32.add(this.part, n(1)), this.a.outHeight)
    this.w.set(this.rowEnd, i32.div(next, this.a.parts))
  }

  /** The list of active channels of every pixel of the image. */
  private buildLists(): void {
    const { w, a } = this
    const pixel = w.i32(i32.add(a.x, i32.mul(i32.mul(this.image, this.inputPixels), a.pixelBytes)))
    const start = w.i32(this.starts)
    const list = w.i32(this.lists)
    const count = w.i32(this.inputPixels)
    w.while(count, () => {
      w.do(i32.store(start, list))
      for (const bit of spikeBitsOf(this.levels)) appendPixel(w, bit, pixel, a.channels, a.table, a.stride, list)
      w.set(pixel, i32.add(pixel, a.pixelBytes))
      w.set(start, i32.add(start, n(4)))
      w.set(count, i32.sub(count, n(1)))
    })
    w.do(i32.store(start, list))
  }

  /** Puts one output pixel into the batch; a full one is worked off. */
  private addPixel(room: Local): void {
    const { w, a, record } = this
    w.do(pixelRecord.store(record, 'first', this.at))
    this.merge()
    w.do(pixelRecord.store(record, 'end', this.at))
    const pixel = rowMajor(this.image, [a.outHeight, this.row], [a.outWidth, this.column])
    w.do(pixelRecord.store(record, 'output', i32.mul(pixel, a.outPixelBytes)))
    w.set(record, i32.add(record, n(pixelRecord.bytes)))
    w.if(i32.gtU(i32.add(this.at, room), this.mergedEnd), () => this.flush())
  }

  /** Copies the events of every tap of one output pixel to `at`, as rows of the weights. */
  private merge(): void {
    const { w, a } = this
    const [i, j, y, x, from, end] = Array.from({ length: 6 }, () => w.i32())
    const base = w.i32(n(0))
    const placeOf = (index: Local, stride: Local, tap: Local, dilation: Local, padding: Local) =>
      i32.sub(i32.add(i32.mul(index, stride), i32.mul(tap, dilation)), padding)
    w.for(i, n(0), a.kernelHeight, n(1), () => {
      w.set(y, placeOf(this.row, a.strideY, i, a.dilationY, a.paddingY))
      w.if(
        i32.ltU(y, a.height),
        () => {
          w.for(j, n(0), a.kernelWidth, n(1), () => {
            w.set(x, placeOf(this.column, a.strideX, j, a.dilationX, a.paddingX))
            w.if(i32.ltU(x, a.width), () => this.copyList(y, x, from, end, base))
            w.set(base, i32.add(base, this.tapStride))
          })
        },
        () => w.set(base, i32.add(base, i32.mul(this.tapStride, a.kernelWidth))),
      )
    })
  }

  /** Appends the list of an input pixel, with the place of the tap's weights added to each event. */
  private copyList(y: Local, x: Local, from: Local, end: Local, base: Local): void {
    const { w, a, at } = this
    const start = w.i32(i32.add(this.starts, times4(rowMajor(y, [a.width, x]))))
    w.set(from, i32.load(start))
    w.set(end, i32.sub(i32.load(start, 4), from))
    const added = w.wide(i32x4.splatWide(base))
    const to = w.i32(at)
    w.set(at, i32.add(at, end))
    // Most lists are shorter than this: copied without a branch that would be guessed wrong.
    const copy = (offset: number) => w.do(wide.store(to, i32x4.add(wide.load(from, offset), added), offset))
    for (let offset = 0; offset < copiedAtOnce; offset += w.bytes) copy(offset)
    w.if(i32.gtU(end, n(copiedAtOnce)), () => {
      w.set(to, i32.add(to, n(copiedAtOnce)))
      w.set(from, i32.add(from, n(copiedAtOnce)))
      w.doWhile(
        () => {
          copy(0)
          w.set(from, i32.add(from, n(w.bytes)))
          w.set(to, i32.add(to, n(w.bytes)))
        },
        i32.ltU(to, at),
      )
    })
  }

  /** Every block of outputs for all pixels in the batch, which is empty then. */
  private flush(): void {
    const { w, a } = this
    const [b, entry, vectors, weights, outOffset, tail] = Array.from({ length: 6 }, () => w.i32())
    w.for(b, n(0), a.blocks, n(1), () => {
      w.set(entry, i32.add(a.blockTable, i32.shl(b, n(4))))
      w.set(weights, blockRecord.load(entry, 'weights'))
      w.set(vectors, blockRecord.load(entry, 'vectors'))
      w.set(outOffset, blockRecord.load(entry, 'output'))
      w.set(tail, blockRecord.load(entry, 'tail'))
      for (let v = 1; v <= maximumVectors(w.lanes); v++) {
        w.if(i32.eq(vectors, n(v)), () => this.block(v, weights, outOffset, tail))
      }
    })
    this.emptyBatch()
  }

  /** Sums of all pixels in the batch for one block of `vectors`. */
  private block(vectors: number, weights: Local, outOffset: Local, tail: Local): void {
    const { w, a, out } = this
    const biases = Array.from({ length: vectors }, () => w.wide(f32x4.const(0)))
    w.if(a.bias, () => {
      biases.forEach((b, v) => w.set(b, wide.load(i32.add(a.bias, outOffset), w.bytes * v)))
    })
    const sums = biases.map(() => w.wide())
    const [event, end, place] = [w.i32(), w.i32(), w.i32()]
    w.for(out, this.records, this.record, n(pixelRecord.bytes), () => {
      w.set(event, pixelRecord.load(out, 'first'))
      w.set(end, pixelRecord.load(out, 'end'))
      for (const sum of sums) w.set(sum, f32x4.const(0))
      addEvents(w, event, end, weights, sums)
      const offset = w.i32(i32.add(pixelRecord.load(out, 'output'), outOffset))
      w.set(place, i32.add(a.output, offset))
      const shortcut = w.i32()
      if (this.residual !== 'none') this.findResidual(shortcut, offset)
      sums.forEach((sum, v) => {
        const scaled = f32x4.add(f32x4.mul(sum, this.scale), biases[v])
        w.set(sum, this.residual === 'none' ? scaled : f32x4.add(scaled, this.residualValue(shortcut, v)))
        if (v < vectors - 1) w.do(wide.store(place, sum, w.bytes * v))
      })
      w.storeFirst(place, sums[vectors - 1], tail, w.bytes * (vectors - 1))
    })
  }

  /** Where the residual of an output is. One repeated frame has fewer images than the output: its offsets wrap. */
  private findResidual(shortcut: Local, offset: Local): void {
    const { w, a, residualBytes } = this
    w.set(shortcut, offset)
    w.if(i32.geU(offset, residualBytes), () => w.set(shortcut, i32.rem(offset, residualBytes)))
    w.set(shortcut, i32.add(a.residual, this.residual === 'dense' ? shortcut : i32.shrU(shortcut, n(2))))
  }

  private residualValue(place: Local, v: number): Value {
    const { w } = this
    if (this.residual === 'dense') return wide.load(place, w.bytes * v)
    const bytes = wide.loadBytes(place, w.lanes * v)
    return f32x4.mul(f32x4.fromInteger(v128.and(bytes, w.integerConstant(1))), this.residualScale)
  }

  /** The columns of what the task wrote, image by image, or its part of one. */
  private sumColumns(outputs: Local, padded: Local): void {
    const { w, a, image, row } = this
    const to = w.i32(i32.mul(rowMajor(this.firstImage, [a.parts, this.part]), i32.shl(padded, n(4))))
    w.set(to, i32.add(a.sums, to))
    this.setRows()
    const pixels = w.i32(i32.mul(i32.sub(this.rowEnd, row), a.outWidth))
    w.for(image, this.firstImage, this.lastImage, n(1), () => {
      const pixel = i32.mul(rowMajor(image, [a.outHeight, row]), a.outWidth)
      sumRows(w, i32.add(a.output, i32.mul(pixel, a.outPixelBytes)), pixels, outputs, padded, a.outPixelBytes, to)
      w.set(to, i32.add(to, i32.shl(padded, n(4))))
    })
  }
}

/**
 * Adds a row of vectors for every event of a list.
 * @param event first entry of the list, moved to its end
 * @param rows what the entries are offsets from
 */
export function addEvents(w: Writer, event: Local, end: Local, rows: Local, sums: readonly Local[]): void {
  // One event a turn: with two, older V8 loads both rows first and spills the sums.
  w.while(i32.ltU(event, end), () => {
    const from = w.i32(i32.add(rows, i32.load(event)))
    sums.forEach((sum, v) => w.set(sum, f32x4.add(sum, wide.load(from, w.bytes * v))))
    w.set(event, i32.add(event, n(4)))
  })
}
