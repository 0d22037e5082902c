import { paddedColumns, sumRows } from './column-sums.ts'
import { appendPixel } from './event-lists.ts'
import { spikeBitsOf } from './spike-bytes.ts'
import { n, overTasks, readArguments, times4 } from './tasks.ts'
import { f32, f32x4, i32, i32x4, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target } from './writer.ts'

/**
 * Convolution over spike events. Per image: the list of active channels of every pixel. Per output pixel: one merged list
 * over all taps, so that the inner loop is long. Then, block by block of output channels, every event adds one row of
 * weights to sums that stay in registers. Lists are filled for as many pixels as a buffer holds before the blocks are
 * walked, so that one block's weights serve many pixels while they are near. Where `sums` is given, the task sums the columns of
 * what it wrote, image by image (or its part of one), while that is near: [sums | squares] in float64, one after another.
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

/** Bytes of a pixel's record in the batch: first entry, end, byte offset of its output. */
export const pixelRecordBytes = 12

/** @param levels most spikes that one byte of x counts: each is an event of its own */
export function eventForward(target: Target, counter: number, residual: ResidualKind, levels: number) {
  return assemble(target, (w, args, thread) => {
    const a = readArguments(w, args, eventForwardArguments)
    const scale = w.wide(f32x4.splatWide(f32.load(args, 4 * eventForwardArguments.indexOf('scale'))))
    const residualScale = w.wide(f32x4.splatWide(f32.load(args, 4 * eventForwardArguments.indexOf('residualScale'))))
    const starts = w.i32(i32.add(a.scratch, i32.mul(thread, a.scratchBytes)))
    const lists = w.i32(i32.add(starts, a.listOffset))
    const merged = w.i32(i32.add(starts, a.mergedOffset))
    const mergedEnd = w.i32(i32.add(merged, a.mergedBytes))
    const records = w.i32(i32.add(starts, a.pixelsOffset))
    const inputPixels = w.i32(i32.mul(a.height, a.width))
    const tapStride = w.i32(i32.mul(a.channels, a.stride))
    const residualBytes = w.i32(i32.mul(a.residualImages, i32.mul(i32.mul(a.outHeight, a.outWidth), a.outPixelBytes)))
    const [image, lastImage, record, at, out, row, rowEnd, column, part] = Array.from({ length: 9 }, () => w.i32())
    const firstImage = w.i32()

    const buildLists = (): void => {
      const pixel = w.i32(i32.add(a.x, i32.mul(i32.mul(image, inputPixels), a.pixelBytes)))
      const start = w.i32(starts)
      const list = w.i32(lists)
      const count = w.i32(inputPixels)
      w.while(count, () => {
        w.do(i32.store(start, list))
        for (const bit of spikeBitsOf(levels)) appendPixel(w, bit, pixel, a.channels, a.table, a.stride, list)
        w.set(pixel, i32.add(pixel, a.pixelBytes))
        w.set(start, i32.add(start, n(4)))
        w.set(count, i32.sub(count, n(1)))
      })
      w.do(i32.store(start, list))
    }

    /** Copies the events of every tap of one output pixel to `at`, as rows of the weights. */
    const merge = (): void => {
      const [i, j, y, x, from, end] = Array.from({ length: 6 }, () => w.i32())
      const base = w.i32(n(0))
      w.for(i, n(0), a.kernelHeight, n(1), () => {
        w.set(y, i32.sub(i32.add(i32.mul(row, a.strideY), i32.mul(i, a.dilationY)), a.paddingY))
        w.if(
          i32.ltU(y, a.height),
          () => {
            w.for(j, n(0), a.kernelWidth, n(1), () => {
              w.set(x, i32.sub(i32.add(i32.mul(column, a.strideX), i32.mul(j, a.dilationX)), a.paddingX))
              w.if(i32.ltU(x, a.width), () => {
                const start = w.i32(i32.add(starts, times4(i32.add(i32.mul(y, a.width), x))))
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
              })
              w.set(base, i32.add(base, tapStride))
            })
          },
          () => w.set(base, i32.add(base, i32.mul(tapStride, a.kernelWidth))),
        )
      })
    }

    const residualValue = (place: Local, v: number): Value => {
      if (residual === 'dense') return wide.load(place, w.bytes * v)
      const bytes = wide.loadBytes(place, w.lanes * v)
      return f32x4.mul(f32x4.fromInteger(v128.and(bytes, w.integerConstant(1))), residualScale)
    }

    /** Sums of all pixels in the batch for one block of `vectors`. */
    const block = (vectors: number, weights: Local, outOffset: Local, tail: Local): void => {
      const biases = Array.from({ length: vectors }, () => w.wide(f32x4.const(0)))
      w.if(a.bias, () => {
        biases.forEach((b, v) => w.set(b, wide.load(i32.add(a.bias, outOffset), w.bytes * v)))
      })
      const sums = biases.map(() => w.wide())
      const [event, end, place] = [w.i32(), w.i32(), w.i32()]
      w.for(out, records, record, n(pixelRecordBytes), () => {
        w.set(event, i32.load(out))
        w.set(end, i32.load(out, 4))
        for (const sum of sums) w.set(sum, f32x4.const(0))
        // One event a turn: with two, older V8 loads both rows first and spills the sums.
        w.while(i32.ltU(event, end), () => {
          const from = w.i32(i32.add(weights, i32.load(event)))
          sums.forEach((sum, v) => w.set(sum, f32x4.add(sum, wide.load(from, w.bytes * v))))
          w.set(event, i32.add(event, n(4)))
        })
        const offset = w.i32(i32.add(i32.load(out, 8), outOffset))
        w.set(place, i32.add(a.output, offset))
        const shortcut = w.i32()
        if (residual !== 'none') {
          // One repeated frame has fewer images than the output: its offsets wrap.
          w.set(shortcut, offset)
          w.if(i32.geU(offset, residualBytes), () => w.set(shortcut, i32.rem(offset, residualBytes)))
          w.set(shortcut, i32.add(a.residual, residual === 'dense' ? shortcut : i32.shrU(shortcut, n(2))))
        }
        sums.forEach((sum, v) => {
          const scaled = f32x4.add(f32x4.mul(sum, scale), biases[v])
          w.set(sum, residual === 'none' ? scaled : f32x4.add(scaled, residualValue(shortcut, v)))
          if (v < vectors - 1) w.do(wide.store(place, sum, w.bytes * v))
        })
        w.storeFirst(place, sums[vectors - 1], tail, w.bytes * (vectors - 1))
      })
    }

    const flush = (): void => {
      const [b, entry, vectors, weights, outOffset, tail] = Array.from({ length: 6 }, () => w.i32())
      w.for(b, n(0), a.blocks, n(1), () => {
        w.set(entry, i32.add(a.blockTable, i32.shl(b, n(4))))
        w.set(weights, i32.load(entry))
        w.set(vectors, i32.load(entry, 4))
        w.set(outOffset, i32.load(entry, 8))
        w.set(tail, i32.load(entry, 12))
        for (let v = 1; v <= maximumVectors(w.lanes); v++) {
          w.if(i32.eq(vectors, n(v)), () => block(v, weights, outOffset, tail))
        }
      })
      w.set(at, merged)
      w.set(record, records)
    }
    const mostEvents = i32.mul(i32.mul(a.kernelHeight, a.kernelWidth), i32.mul(a.channels, n(levels)))
    const outputs = w.i32(i32.shrU(a.outPixelBytes, n(2)))
    const padded = paddedColumns(w, outputs)
    const pixelRoom = w.i32(i32.add(times4(mostEvents), n(64)))

    overTasks(w, counter, a.tasks, (task) => {
      w.set(firstImage, i32.mul(i32.div(task, a.parts), a.imagesPerTask))
      w.set(image, firstImage)
      w.set(part, i32.rem(task, a.parts))
      w.set(lastImage, i32.add(image, a.imagesPerTask))
      w.if(i32.gtU(lastImage, a.images), () => w.set(lastImage, a.images))
      w.set(at, merged)
      w.set(record, records)
      w.while(i32.ltU(image, lastImage), () => {
        buildLists()
        w.set(row, i32.div(i32.mul(part, a.outHeight), a.parts))
        w.set(rowEnd, i32.div(i32.mul(i32.add(part, n(1)), a.outHeight), a.parts))
        w.while(i32.ltU(row, rowEnd), () => {
          w.for(column, n(0), a.outWidth, n(1), () => {
            w.do(i32.store(record, at))
            merge()
            w.do(i32.store(record, at, 4))
            const pixel = i32.add(i32.mul(i32.add(i32.mul(image, a.outHeight), row), a.outWidth), column)
            w.do(i32.store(record, i32.mul(pixel, a.outPixelBytes), 8))
            w.set(record, i32.add(record, n(pixelRecordBytes)))
            w.if(i32.gtU(i32.add(at, pixelRoom), mergedEnd), flush)
          })
          w.set(row, i32.add(row, n(1)))
        })
        w.set(image, i32.add(image, n(1)))
      })
      w.if(i32.gtU(record, records), flush)
      w.if(a.sums, () => {
        const to = w.i32(i32.mul(i32.add(i32.mul(firstImage, a.parts), part), i32.shl(padded, n(4))))
        w.set(to, i32.add(a.sums, to))
        const firstRow = i32.div(i32.mul(part, a.outHeight), a.parts)
        w.set(row, firstRow)
        w.set(rowEnd, i32.div(i32.mul(i32.add(part, n(1)), a.outHeight), a.parts))
        const pixels = w.i32(i32.mul(i32.sub(rowEnd, row), a.outWidth))
        w.for(image, firstImage, lastImage, n(1), () => {
          const pixel = i32.mul(i32.add(i32.mul(image, a.outHeight), row), a.outWidth)
          sumRows(w, i32.add(a.output, i32.mul(pixel, a.outPixelBytes)), pixels, outputs, padded, a.outPixelBytes, to)
          w.set(to, i32.add(to, i32.shl(padded, n(4))))
        })
      })
    })
  })
}
