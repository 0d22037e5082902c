import { appendPixel, maskOfFour } from './event-lists.ts'
import { n, overTasks, readArguments, recordOf, rowMajor, times4 } from './tasks.ts'
import { f32x4, i8x16, i32, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Input gradient of a convolution where the input's windows are open. Each open neuron needs a dot product of the output
 * gradient around its pixel with its row of weights. The weights are cut into pieces (some rows of taps, or a part of
 * one); one piece serves all pixels of a batch while it is near. A few neurons of a pixel share the loads of the
 * gradient. Their sums lie packed beside the list of open channels and are spread to the dense result at the end.
 *
 * A thread's scratch memory, and what it points into:
 *
 *     lists     [entry]  channel * rowStride of every open channel, pixel after pixel of the batch
 *     sums      [entry]  at the same places: the dot product of that neuron so far
 *     records   [pixel of the batch]  its entries, and where its first tap reads the gradient
 *     placed    [segment]  of one piece at one pixel: gradient, weights, bytes, what lies outside of the image cut off
 *     weights   [piece][channel][rowStride bytes], packed by the host: runs of taps whose gradient values are neighbours
 */
export const eventInputGradientArguments = [
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
  'strideY',
  'strideX',
  'paddingY',
  'paddingX',
  'rowStride',
  'compress',
  'expand',
  'phases',
  'phaseTable',
  'gradient',
  'gradientPixelBytes',
  'outputs',
  'result',
  'resultPixelBytes',
  'scratch',
  'scratchBytes',
  'sumsOffset',
  'recordsOffset',
  'segmentsOffset',
  'batchBytes',
  'parts',
] as const

/** A phase of the stride: first row and column of its pixels, its pieces. */
const phaseRecord = recordOf(['row', 'column', 'pieces', 'pieceTable'])
export const inputPhaseWords = phaseRecord.bytes / 4

/** A piece: its segments, address of its weights [channels][rowStride]. */
const pieceRecord = recordOf(['segments', 'segmentTable', 'weights'])
export const pieceWords = pieceRecord.bytes / 4

/**
 * A segment of a piece: where its first tap reads the gradient relative to a pixel's place there, first and end value
 * within its run of taps (in floats), byte offset of its first value in the piece's rows.
 */
const segmentRecord = recordOf(['row', 'column', 'first', 'end', 'weights'])
export const segmentOfPieceWords = segmentRecord.bytes / 4

/** A segment once it is placed at a pixel: address in the gradient, byte offset of its weights, bytes. */
const placedRecord = recordOf(['gradient', 'weights', 'bytes'])
export const placedSegmentBytes = placedRecord.bytes

/** A pixel of the batch: first entry, number of entries, its place in the gradient, image, pixel. */
const pixelRecord = recordOf(['list', 'entries', 'row', 'column', 'image', 'pixel'])
export const gradientRecordBytes = pixelRecord.bytes

/**
 * Neurons of a pixel whose dot products are taken together, each with two sums. In WebAssembly three: six sums and eight
 * loads fit in registers also where V8 moves all loads of a loop to its start.
 */
const neuronsTogether = (lanes: number): number => (lanes === 4 ? 3 : 4)

/** Lane sums of four vectors, as one vector. */
function sumLanes(w: Writer, [a, b, c, d]: readonly Value[]): Value {
  const low = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23]
  const high = [8, 9, 10, 11, 24, 25, 26, 27, 12, 13, 14, 15, 28, 29, 30, 31]
  const pair = (x: Value, y: Value) => w.v128(f32x4.add(i8x16.shuffle(low, x, y), i8x16.shuffle(high, x, y)))
  // Each pair holds [x0+x2, y0+y2, x1+x3, y1+y3].
  const [ab, cd] = [pair(a, b), pair(c, d)]
  const first = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]
  const second = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31]
  return f32x4.add(i8x16.shuffle(first, ab, cd), i8x16.shuffle(second, ab, cd))
}

export function eventInputGradient(target: Target, counter: number, relaxed: boolean) {
  return assemble(target, (w, args, thread) => new EventInputGradient(w, args, thread).write(counter), relaxed)
}

class EventInputGradient {
  private readonly w: Writer
  private readonly a: { readonly [N in (typeof eventInputGradientArguments)[number]]: Local }
  private readonly lists: Local
  private readonly records: Local
  private readonly placed: Local
  private readonly listsEnd: Local
  /** What one more pixel may take of the lists. */
  private readonly pixelRoom: Local
  private readonly neuronsAtOnce: number
  /** Where the task stands: image, row and column, next list entry, next record; `r` walks over the batch. */
  private readonly image: Local
  private readonly lastImage: Local
  private readonly row: Local
  private readonly rowEnd: Local
  private readonly column: Local
  private readonly at: Local
  private readonly record: Local
  private readonly r: Local
  private readonly part: Local
  private readonly phaseNumber: Local
  private readonly phase: Local
  /** Where the pixel's first tap reads the gradient. */
  private readonly placeRow: Local
  private readonly placeColumn: Local

  constructor(w: Writer, args: Local, thread: Local) {
    this.w = w
    const a = readArguments(w, args, eventInputGradientArguments)
    this.a = a
    this.lists = w.i32(i32.add(a.scratch, i32.mul(thread, a.scratchBytes)))
    this.records = w.i32(i32.add(this.lists, a.recordsOffset))
    this.placed = w.i32(i32.add(this.lists, a.segmentsOffset))
    this.neuronsAtOnce = neuronsTogether(w.lanes)
    this.listsEnd = w.i32(i32.add(this.lists, a.batchBytes))
    this.pixelRoom = w.i32(i32.add(times4(a.channels), n(128)))
    this.image = w.i32()
    this.lastImage = w.i32()
    this.row = w.i32()
    this.rowEnd = w.i32()
    this.column = w.i32()
    this.at = w.i32()
    this.record = w.i32()
    this.r = w.i32()
    this.part = w.i32()
    this.phaseNumber = w.i32()
    this.phase = w.i32()
    this.placeRow = w.i32()
    this.placeColumn = w.i32()
  }

  write(counter: number): void {
    const { w, a } = this
    overTasks(w, counter, a.tasks, (task) => {
      w.set(this.part, i32.rem(task, a.parts))
      w.set(this.lastImage, i32.mul(i32.add(i32.div(task, a.parts), n(1)), a.imagesPerTask))
      w.if(i32.gtU(this.lastImage, a.images), () => w.set(this.lastImage, a.images))
      w.for(this.phaseNumber, n(0), a.phases, n(1), () => {
        w.set(this.phase, i32.add(a.phaseTable, i32.mul(this.phaseNumber, n(phaseRecord.bytes))))
        this.emptyBatch()
        const first = i32.mul(i32.div(task, a.parts), a.imagesPerTask)
        w.for(this.image, first, this.lastImage, n(1), () => this.addImage())
        w.if(i32.gtU(this.record, this.records), () => this.flush())
      })
    })
  }

  private emptyBatch(): void {
    this.w.set(this.at, this.lists)
    this.w.set(this.record, this.records)
  }

  /** The pixels of one phase in one image. */
  private addImage(): void {
    const { w, a, row, phase } = this
    // First row of this part that belongs to the phase.
    w.set(row, i32.div(i32.mul(this.part, a.height), a.parts))
    w.set(this.rowEnd, i32.div(i32.mul(i32.add(this.part, n(1)), a.height), a.parts))
    const isOther = i32.ne(i32.rem(row, a.strideY), phaseRecord.load(phase, 'row'))
    w.while(isOther, () => w.set(row, i32.add(row, n(1))))
    w.while(i32.ltU(row, this.rowEnd), () => {
      w.set(this.placeRow, i32.div(i32.add(row, a.paddingY), a.strideY))
      w.set(this.placeColumn, i32.div(i32.add(phaseRecord.load(phase, 'column'), a.paddingX), a.strideX))
      w.for(this.column, phaseRecord.load(phase, 'column'), a.width, a.strideX, () => {
        this.addPixel()
        w.set(this.placeColumn, i32.add(this.placeColumn, n(1)))
      })
      w.set(row, i32.add(row, a.strideY))
    })
  }

  /** The open channels of one pixel, filled up to whole groups; their sums start at 0. */
  private addPixel(): void {
    const { w, a, at, record } = this
    const pixel = w.i32(rowMajor(this.image, [a.height, this.row], [a.width, this.column]))
    const bytes = w.i32(i32.add(a.x, i32.mul(pixel, a.pixelBytes)))
    const start = w.i32(at)
    w.do(pixelRecord.store(record, 'list', start))
    appendPixel(w, 1, bytes, a.channels, a.compress, a.rowStride, at)
    const count = w.i32(i32.shrU(i32.sub(at, start), n(2)))
    // A group may take some entries beyond the last: rows that exist, sums that nobody reads.
    for (let i = 1; i < this.neuronsAtOnce; i++) w.do(i32.store(at, n(0), 4 * (i - 1)))
    w.set(at, i32.add(at, n(4 * (this.neuronsAtOnce - 1))))
    const sum = w.i32(i32.add(start, a.sumsOffset))
    const sumsEnd = w.i32(i32.add(sum, i32.sub(at, start)))
    // May write past the last sum, where the next pixel's will be.
    w.while(i32.ltU(sum, sumsEnd), () => {
      w.do(wide.store(sum, w.constant(0)))
      w.set(sum, i32.add(sum, n(w.bytes)))
    })
    w.do(pixelRecord.store(record, 'entries', count))
    w.do(pixelRecord.store(record, 'row', this.placeRow))
    w.do(pixelRecord.store(record, 'column', this.placeColumn))
    w.do(pixelRecord.store(record, 'image', this.image))
    w.do(pixelRecord.store(record, 'pixel', pixel))
    w.set(record, i32.add(record, n(pixelRecord.bytes)))
    w.if(i32.gtU(i32.add(at, this.pixelRoom), this.listsEnd), () => this.flush())
  }

  /** Every piece of the phase's weights at all pixels of the batch, which is empty then. */
  private flush(): void {
    const { w, phase } = this
    const [p, entry] = [w.i32(), w.i32()]
    w.for(p, n(0), phaseRecord.load(phase, 'pieces'), n(1), () => {
      w.set(entry, i32.add(phaseRecord.load(phase, 'pieceTable'), i32.mul(p, n(pieceRecord.bytes))))
      this.piece(entry)
    })
    this.spread()
    this.emptyBatch()
  }

  /** One piece at every pixel of the batch. */
  private piece(entry: Local): void {
    const { w, r, placed } = this
    const [segmentsEnd, segment, to] = [w.i32(), w.i32(), w.i32()]
    const weights = w.i32(pieceRecord.load(entry, 'weights'))
    const table = pieceRecord.load(entry, 'segmentTable')
    const segmentsBytes = i32.mul(pieceRecord.load(entry, 'segments'), n(segmentRecord.bytes))
    w.set(segmentsEnd, i32.add(table, segmentsBytes))
    w.for(r, this.records, this.record, n(pixelRecord.bytes), () => {
      w.if(pixelRecord.load(r, 'entries'), () => {
        w.set(to, placed)
        w.for(segment, table, segmentsEnd, n(segmentRecord.bytes), () => this.place(segment, to))
        w.if(i32.gtU(to, placed), () => this.pixelPiece(weights, to))
      })
    })
  }

  /** Places the segment at the pixel of record `r`, where its run of taps reads inside the image. */
  private place(segment: Local, to: Local): void {
    const { w, a, r } = this
    const y = w.i32(i32.add(pixelRecord.load(r, 'row'), segmentRecord.load(segment, 'row')))
    w.if(i32.ltU(y, a.outHeight), () => {
      // x is the column that the run's first tap reads; the part outside the image is cut off.
      const x = w.i32(i32.add(pixelRecord.load(r, 'column'), segmentRecord.load(segment, 'column')))
      const from = w.i32(segmentRecord.load(segment, 'first'))
      const low = w.i32(from)
      w.if(i32.ltS(x, n(0)), () => {
        const cut = w.i32(i32.mul(i32.sub(n(0), x), a.outputs))
        w.if(i32.gtU(cut, low), () => w.set(low, cut))
      })
      const high = w.i32(segmentRecord.load(segment, 'end'))
      const room = w.i32(i32.mul(i32.sub(a.outWidth, x), a.outputs))
      w.if(i32.ltS(room, high), () => w.set(high, room))
      w.if(i32.ltS(low, high), () => {
        const pixel = w.i32(rowMajor(pixelRecord.load(r, 'image'), [a.outHeight, y], [a.outWidth, x]))
        const at = w.i32(i32.add(a.gradient, i32.mul(pixel, a.gradientPixelBytes)))
        const weights = i32.add(segmentRecord.load(segment, 'weights'), times4(i32.sub(low, from)))
        w.do(placedRecord.store(to, 'gradient', i32.add(at, times4(low))))
        w.do(placedRecord.store(to, 'weights', weights))
        w.do(placedRecord.store(to, 'bytes', times4(i32.sub(high, low))))
        w.set(to, i32.add(to, n(placedRecord.bytes)))
      })
    })
  }

  /** Adds the products of the placed segments of one piece to the sums of one pixel. */
  private pixelPiece(weights: Local, placedEnd: Local): void {
    const { w, r } = this
    const list = w.i32(pixelRecord.load(r, 'list'))
    const end = w.i32(i32.add(list, times4(pixelRecord.load(r, 'entries'))))
    const [segment, gradientAt, offset, bytes] = Array.from({ length: 4 }, () => w.i32())
    w.while(i32.ltU(list, end), () => {
      const rows = Array.from({ length: this.neuronsAtOnce }, () => w.i32())
      const sums = rows.map(() => [w.wide(f32x4.const(0)), w.wide(f32x4.const(0))])
      const step = (half: 0 | 1): void => {
        const g = w.wide(wide.load(i32.add(gradientAt, offset), w.bytes * half))
        rows.forEach((row, i) => {
          const sum = sums[i][half]
          w.set(sum, w.multiplyAdd(wide.load(i32.add(row, offset), w.bytes * half), g, sum))
        })
      }
      w.for(segment, this.placed, placedEnd, n(placedRecord.bytes), () => {
        w.set(gradientAt, placedRecord.load(segment, 'gradient'))
        const first = w.i32(i32.add(weights, placedRecord.load(segment, 'weights')))
        rows.forEach((row, i) => w.set(row, i32.add(first, i32.load(list, 4 * i))))
        w.set(bytes, placedRecord.load(segment, 'bytes'))
        w.set(offset, n(0))
        w.while(i32.geU(i32.sub(bytes, offset), n(2 * w.bytes)), () => {
          step(0)
          step(1)
          w.set(offset, i32.add(offset, n(2 * w.bytes)))
        })
        w.if(i32.ltU(offset, bytes), () => step(0))
      })
      this.addTotals(list, sums)
      w.set(list, i32.add(list, n(4 * this.neuronsAtOnce)))
    })
  }

  /** The neurons' sums to their places beside the list. */
  private addTotals(list: Local, sums: readonly (readonly Local[])[]): void {
    const { w, a } = this
    const totals = sums.map(([first, second]) => w.v128(wide.fold(w.wide(f32x4.add(first, second)))))
    // A lane that no neuron has adds nothing to whatever sum comes next.
    while (totals.length < 4) totals.push(w.v128(f32x4.const(0)))
    const total = sumLanes(w, totals)
    const sumAt = w.i32(i32.add(list, a.sumsOffset))
    w.do(v128.store(sumAt, f32x4.add(v128.load(sumAt), total)))
  }

  /** Spreads the packed sums of every pixel of the batch over its channels. */
  private spread(): void {
    const { w, a, r } = this
    const [sums, pixel, bytes, to, channel, mask] = Array.from({ length: 6 }, () => w.i32())
    w.for(r, this.records, this.record, n(pixelRecord.bytes), () => {
      w.set(sums, i32.add(pixelRecord.load(r, 'list'), a.sumsOffset))
      w.set(pixel, pixelRecord.load(r, 'pixel'))
      w.set(bytes, i32.add(a.x, i32.mul(pixel, a.pixelBytes)))
      w.set(to, i32.add(a.result, i32.mul(pixel, a.resultPixelBytes)))
      w.for(channel, n(0), a.channels, n(w.lanes), () => {
        if (w.lanes > 4) {
          w.set(mask, wide.testBytes(i32.add(bytes, channel), 1))
          w.do(wide.store(i32.add(to, times4(channel)), wide.expand(wide.load(sums), mask)))
        } else {
          w.set(mask, maskOfFour(i32.add(bytes, channel), 1))
          const lanes = v128.load(i32.add(a.expand, i32.shl(mask, n(4))))
          w.do(v128.store(i32.add(to, times4(channel)), i8x16.swizzle(v128.load(sums), lanes)))
        }
        w.set(sums, i32.add(sums, times4(i32.popcnt(mask))))
      })
    })
  }
}
