import { appendPixel, maskOfFour } from './event-lists.ts'
import { n, overTasks, readArguments, times4 } from './tasks.ts'
import { f32x4, i8x16, i32, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Input gradient of a convolution where the input's windows are open. Each open neuron needs a dot product of the output
 * gradient around its pixel with its row of weights. The weights are cut into pieces (some rows of taps, or a part of
 * one); one piece serves all pixels of a batch while it is near. A few neurons of a pixel share the loads of the
 * gradient. Their sums lie packed beside the list of open channels and are spread to the dense result at the end.
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

/** A phase of the stride, 4 words: first row and column of its pixels, its pieces (count, table). */
export const inputPhaseWords = 4

/** A piece, 3 words: its segments (count, table), address of its weights [channels][rowStride]. */
export const pieceWords = 3

/**
 * A segment of a piece, 5 words: where its first tap reads the gradient relative to a pixel's place there (row, column),
 * first and end value within its run of taps (in floats), byte offset of its first value in the piece's rows.
 */
export const segmentOfPieceWords = 5

/** Bytes that a segment takes once it is placed at a pixel: address in the gradient, byte offset of its weights, bytes. */
export const placedSegmentBytes = 12

/** Bytes of a pixel's record: first entry, number of entries, its place in the gradient (row, column), image, pixel. */
export const gradientRecordBytes = 24

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
  return assemble(
    target,
    (w, args, thread) => {
      const a = readArguments(w, args, eventInputGradientArguments)
      const lists = w.i32(i32.add(a.scratch, i32.mul(thread, a.scratchBytes)))
      const sumsOffset = a.sumsOffset
      const records = w.i32(i32.add(lists, a.recordsOffset))
      const placed = w.i32(i32.add(lists, a.segmentsOffset))
      const neuronsAtOnce = neuronsTogether(w.lanes)
      const listsEnd = w.i32(i32.add(lists, a.batchBytes))
      const pixelRoom = w.i32(i32.add(times4(a.channels), n(128)))
      const [image, lastImage, row, rowEnd, column, at, record, r, part] = Array.from({ length: 9 }, () => w.i32())
      const [phaseNumber, phase, placeRow, placeColumn] = Array.from({ length: 4 }, () => w.i32())

      /** Adds the products of the placed segments of one piece to the sums of one pixel. */
      const pixelPiece = (weights: Local, placedEnd: Local): void => {
        const list = w.i32(i32.load(r))
        const end = w.i32(i32.add(list, times4(i32.load(r, 4))))
        const [segment, gradientAt, offset, bytes] = Array.from({ length: 4 }, () => w.i32())
        w.while(i32.ltU(list, end), () => {
          const rows = Array.from({ length: neuronsAtOnce }, () => w.i32())
          const sums = rows.map(() => [w.wide(f32x4.const(0)), w.wide(f32x4.const(0))])
          const step = (half: 0 | 1): void => {
            const g = w.wide(wide.load(i32.add(gradientAt, offset), w.bytes * half))
            rows.forEach((row, i) => {
              const sum = sums[i][half]
              w.set(sum, w.multiplyAdd(wide.load(i32.add(row, offset), w.bytes * half), g, sum))
            })
          }
          w.for(segment, placed, placedEnd, n(placedSegmentBytes), () => {
            w.set(gradientAt, i32.load(segment))
            const first = w.i32(i32.add(weights, i32.load(segment, 4)))
            rows.forEach((row, i) => w.set(row, i32.add(first, i32.load(list, 4 * i))))
            w.set(bytes, i32.load(segment, 8))
            w.set(offset, n(0))
            w.while(i32.geU(i32.sub(bytes, offset), n(2 * w.bytes)), () => {
              step(0)
              step(1)
              w.set(offset, i32.add(offset, n(2 * w.bytes)))
            })
            w.if(i32.ltU(offset, bytes), () => step(0))
          })
          const totals = sums.map(([first, second]) => w.v128(wide.fold(w.wide(f32x4.add(first, second)))))
          // A lane that no neuron has adds nothing to whatever sum comes next.
          while (totals.length < 4) totals.push(w.v128(f32x4.const(0)))
          const total = sumLanes(w, totals)
          const sumAt = w.i32(i32.add(list, sumsOffset))
          w.do(v128.store(sumAt, f32x4.add(v128.load(sumAt), total)))
          w.set(list, i32.add(list, n(4 * neuronsAtOnce)))
        })
      }

      /** Places the segment at the pixel of record `r`, where its run of taps reads inside the image. */
      const place = (segment: Local, to: Local): void => {
        const y = w.i32(i32.add(i32.load(r, 8), i32.load(segment)))
        w.if(i32.ltU(y, a.outHeight), () => {
          // x is the column that the run's first tap reads; the part outside the image is cut off.
          const x = w.i32(i32.add(i32.load(r, 12), i32.load(segment, 4)))
          const from = w.i32(i32.load(segment, 8))
          const low = w.i32(from)
          w.if(i32.ltS(x, n(0)), () => {
            const cut = w.i32(i32.mul(i32.sub(n(0), x), a.outputs))
            w.if(i32.gtU(cut, low), () => w.set(low, cut))
          })
          const high = w.i32(i32.load(segment, 12))
          const room = w.i32(i32.mul(i32.sub(a.outWidth, x), a.outputs))
          w.if(i32.ltS(room, high), () => w.set(high, room))
          w.if(i32.ltS(low, high), () => {
            const pixel = w.i32(i32.add(i32.mul(i32.add(i32.mul(i32.load(r, 16), a.outHeight), y), a.outWidth), x))
            const at = w.i32(i32.add(a.gradient, i32.mul(pixel, a.gradientPixelBytes)))
            w.do(i32.store(to, i32.add(at, times4(low))))
            w.do(i32.store(to, i32.add(i32.load(segment, 16), times4(i32.sub(low, from))), 4))
            w.do(i32.store(to, times4(i32.sub(high, low)), 8))
            w.set(to, i32.add(to, n(placedSegmentBytes)))
          })
        })
      }

      /** One piece at every pixel of the batch. */
      const piece = (entry: Local): void => {
        const [segmentsEnd, segment, to] = [w.i32(), w.i32(), w.i32()]
        const weights = w.i32(i32.load(entry, 8))
        w.set(segmentsEnd, i32.add(i32.load(entry, 4), i32.mul(i32.load(entry), n(4 * segmentOfPieceWords))))
        w.for(r, records, record, n(gradientRecordBytes), () => {
          w.if(i32.load(r, 4), () => {
            w.set(to, placed)
            w.for(segment, i32.load(entry, 4), segmentsEnd, n(4 * segmentOfPieceWords), () => place(segment, to))
            w.if(i32.gtU(to, placed), () => pixelPiece(weights, to))
          })
        })
      }

      /** Spreads the packed sums of every pixel of the batch over its channels. */
      const spread = (): void => {
        const [sums, pixel, bytes, to, channel, mask] = Array.from({ length: 6 }, () => w.i32())
        w.for(r, records, record, n(gradientRecordBytes), () => {
          w.set(sums, i32.add(i32.load(r), sumsOffset))
          w.set(pixel, i32.load(r, 20))
          w.set(bytes, i32.add(a.x, i32.mul(pixel, a.pixelBytes)))
          w.set(to, i32.add(a.result, i32.mul(pixel, a.resultPixelBytes)))
          w.for(channel, n(0), a.channels, n(w.lanes), () => {
            if (w.lanes > 4) {
              w.set(mask, wide.testBytes(i32.add(bytes, channel), 1))
              w.do(wide.store(i32.add(to, times4(channel)), wide.expand(wide.load(sums), mask)))
              w.set(sums, i32.add(sums, times4(i32.popcnt(mask))))
              return
            }
            w.set(mask, maskOfFour(i32.add(bytes, channel), 1))
            const lanes = v128.load(i32.add(a.expand, i32.shl(mask, n(4))))
            w.do(v128.store(i32.add(to, times4(channel)), i8x16.swizzle(v128.load(sums), lanes)))
            w.set(sums, i32.add(sums, times4(i32.popcnt(mask))))
          })
        })
      }

      const flush = (): void => {
        const [p, entry] = [w.i32(), w.i32()]
        w.for(p, n(0), i32.load(phase, 8), n(1), () => {
          w.set(entry, i32.add(i32.load(phase, 12), i32.mul(p, n(4 * pieceWords))))
          piece(entry)
        })
        spread()
        w.set(at, lists)
        w.set(record, records)
      }

      /** The open channels of one pixel, filled up to whole groups; their sums start at 0. */
      const addPixel = (): void => {
        const pixel = w.i32(i32.add(i32.mul(i32.add(i32.mul(image, a.height), row), a.width), column))
        const bytes = w.i32(i32.add(a.x, i32.mul(pixel, a.pixelBytes)))
        const start = w.i32(at)
        w.do(i32.store(record, start))
        appendPixel(w, 1, bytes, a.channels, a.compress, a.rowStride, at)
        const count = w.i32(i32.shrU(i32.sub(at, start), n(2)))
        // A group may take some entries beyond the last: rows that exist, sums that nobody reads.
        for (let i = 1; i < neuronsAtOnce; i++) w.do(i32.store(at, n(0), 4 * (i - 1)))
        w.set(at, i32.add(at, n(4 * (neuronsAtOnce - 1))))
        const sum = w.i32(i32.add(start, sumsOffset))
        const sumsEnd = w.i32(i32.add(sum, i32.sub(at, start)))
        // May write past the last sum, where the next pixel's will be.
        w.while(i32.ltU(sum, sumsEnd), () => {
          w.do(wide.store(sum, w.constant(0)))
          w.set(sum, i32.add(sum, n(w.bytes)))
        })
        w.do(i32.store(record, count, 4))
        w.do(i32.store(record, placeRow, 8))
        w.do(i32.store(record, placeColumn, 12))
        w.do(i32.store(record, image, 16))
        w.do(i32.store(record, pixel, 20))
        w.set(record, i32.add(record, n(gradientRecordBytes)))
        w.if(i32.gtU(i32.add(at, pixelRoom), listsEnd), flush)
      }

      /** The pixels of one phase in one image. */
      const addImage = (): void => {
        // First row of this part that belongs to the phase.
        w.set(row, i32.div(i32.mul(part, a.height), a.parts))
        w.set(rowEnd, i32.div(i32.mul(i32.add(part, n(1)), a.height), a.parts))
        w.while(i32.ne(i32.rem(row, a.strideY), i32.load(phase)), () => w.set(row, i32.add(row, n(1))))
        w.while(i32.ltU(row, rowEnd), () => {
          w.set(placeRow, i32.div(i32.add(row, a.paddingY), a.strideY))
          w.set(placeColumn, i32.div(i32.add(i32.load(phase, 4), a.paddingX), a.strideX))
          w.for(column, i32.load(phase, 4), a.width, a.strideX, () => {
            addPixel()
            w.set(placeColumn, i32.add(placeColumn, n(1)))
          })
          w.set(row, i32.add(row, a.strideY))
        })
      }

      overTasks(w, counter, a.tasks, (task) => {
        w.set(part, i32.rem(task, a.parts))
        w.set(lastImage, i32.mul(i32.add(i32.div(task, a.parts), n(1)), a.imagesPerTask))
        w.if(i32.gtU(lastImage, a.images), () => w.set(lastImage, a.images))
        w.for(phaseNumber, n(0), a.phases, n(1), () => {
          w.set(phase, i32.add(a.phaseTable, i32.mul(phaseNumber, n(4 * inputPhaseWords))))
          w.set(at, lists)
          w.set(record, records)
          w.for(image, i32.mul(i32.div(task, a.parts), a.imagesPerTask), lastImage, n(1), addImage)
          w.if(i32.gtU(record, records), flush)
        })
      })
    },
    relaxed,
  )
}
