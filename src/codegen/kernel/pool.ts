import { byteOfCount } from './spike-bytes.ts'
import { fourBytes, n, overTasks, readArguments, times4 } from './tasks.ts'
import { f32, f32x4, i8x16, i32, i32x4, type Local, type Value, v128 } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Pooling over images [H, W, C], float32 or spike bytes. The windows come as tables, per output row and column: first
 * index, end index and (for averages) factor, 12 bytes each; so one kernel serves plain and adaptive pooling. One task
 * is one image.
 */
export const poolArguments = [
  'tasks',
  'source',
  'target',
  'height',
  'width',
  'channels',
  'outHeight',
  'outWidth',
  'rowTable',
  'columnTable',
  'scale',
] as const

export type PoolKind = 'average' | 'max'

/** Calls `body` for each group of as many channels as the first size, then for groups of the next among those left. */
function overChannels<Size extends number>(
  w: Writer,
  channel: Local,
  channels: Local,
  sizes: readonly Size[],
  body: (size: Size) => void,
): void {
  w.set(channel, n(0))
  for (const lanes of sizes) {
    w.while(i32.geU(i32.sub(channels, channel), n(lanes)), () => {
      body(lanes)
      w.set(channel, i32.add(channel, n(lanes)))
    })
  }
}

interface Cells {
  readonly rowFrom: Local
  readonly rowTo: Local
  readonly columnFrom: Local
  readonly columnTo: Local
  readonly factor: Local
}

/** Calls `body` for each output cell, with its window. */
function overCells(
  w: Writer,
  a: { outHeight: Local; outWidth: Local; rowTable: Local; columnTable: Local },
  body: (cell: Cells) => void,
): void {
  const [row, column, rowAt, columnAt] = Array.from({ length: 4 }, () => w.i32())
  const cell = { rowFrom: w.i32(), rowTo: w.i32(), columnFrom: w.i32(), columnTo: w.i32(), factor: w.v128() }
  w.for(row, n(0), a.outHeight, n(1), () => {
    w.set(rowAt, i32.add(a.rowTable, i32.mul(row, n(12))))
    w.set(cell.rowFrom, i32.load(rowAt))
    w.set(cell.rowTo, i32.load(rowAt, 4))
    w.for(column, n(0), a.outWidth, n(1), () => {
      w.set(columnAt, i32.add(a.columnTable, i32.mul(column, n(12))))
      w.set(cell.columnFrom, i32.load(columnAt))
      w.set(cell.columnTo, i32.load(columnAt, 4))
      w.set(cell.factor, f32x4.mul(v128.load32Splat(rowAt, 8), v128.load32Splat(columnAt, 8)))
      body(cell)
    })
  })
}

function spikeValue(lanes: 4 | 1, address: Value, scale: Local): Value {
  const bits = lanes === 4 ? fourBytes(address) : i32x4.splat(i32.load8U(address))
  return f32x4.mul(f32x4.fromInteger(v128.and(bits, i32x4.const(1))), scale)
}

export function pool(target: Target, counter: number, kind: PoolKind, from: 'dense' | 'spikes') {
  const size = from === 'dense' ? 4 : 1
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, poolArguments)
    const scale = w.v128(f32x4.splat(f32.load(args, 4 * poolArguments.indexOf('scale'))))
    const [channel, y, x, source, target] = Array.from({ length: 5 }, () => w.i32())
    overTasks(w, counter, a.tasks, (task) => {
      const imageBytes = i32.mul(i32.mul(a.height, a.width), i32.mul(a.channels, n(size)))
      w.set(source, i32.add(a.source, i32.mul(task, imageBytes)))
      const outBytes = times4(i32.mul(i32.mul(a.outHeight, a.outWidth), a.channels))
      w.set(target, i32.add(a.target, i32.mul(task, outBytes)))
      overCells(w, a, (cell) => {
        overChannels(w, channel, a.channels, [4, 1], (lanes) => {
          const sum = w.v128(f32x4.const(kind === 'average' ? 0 : Number.NEGATIVE_INFINITY))
          w.for(y, cell.rowFrom, cell.rowTo, n(1), () => {
            w.for(x, cell.columnFrom, cell.columnTo, n(1), () => {
              const pixel = i32.mul(i32.add(i32.mul(y, a.width), x), a.channels)
              const address = w.i32(i32.add(source, i32.mul(i32.add(pixel, channel), n(size))))
              const dense = lanes === 4 ? v128.load(address) : v128.load32Zero(address)
              const value = from === 'dense' ? dense : spikeValue(lanes, address, scale)
              w.set(sum, kind === 'average' ? f32x4.add(sum, value) : f32x4.max(sum, value))
            })
          })
          const result = kind === 'average' ? f32x4.mul(sum, cell.factor) : sum
          const to = w.i32(i32.add(target, times4(channel)))
          w.do(lanes === 4 ? v128.store(to, result) : v128.store32(to, result))
        })
        w.set(target, i32.add(target, times4(a.channels)))
      })
    })
  })
}

/**
 * Pools spike bytes to bytes, as `spike-bytes.ts` tells: counts of at most `mostLevels` spikes for averages, a copy of the
 * first maximum for maxima. A window is open where any of those counted is, or that of the maximum. Channels must divide by 4.
 */
export function poolSpikes(target: Target, counter: number, kind: PoolKind) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, poolArguments)
    const [channel, y, x, source, target] = Array.from({ length: 5 }, () => w.i32())
    const [spikes, windows, best] = [w.v128(), w.v128(), w.v128()]
    const spike = i8x16.const(1)
    const window = i8x16.const(2)
    // The bytes of 0 to 7 spikes, four to a lane.
    const [low, high] = [0, 4].map((from) =>
      [0, 1, 2, 3].reduce((word, i) => word | (byteOfCount(from + i) << (8 * i)), 0),
    )
    const byteOf = w.v128(i32x4.constLanes(low, high, 0, 0))
    const add = (bytes: Local): void => {
      if (kind === 'average') {
        // No byte carries into the next: counts stay small.
        w.set(spikes, i32x4.add(spikes, v128.and(bytes, spike)))
        w.set(windows, v128.or(windows, bytes))
      } else {
        const first = v128.and(bytes, v128.andnot(spike, best))
        w.set(best, v128.select(bytes, best, i8x16.ne(first, i8x16.const(0))))
      }
    }
    overTasks(w, counter, a.tasks, (task) => {
      w.set(source, i32.add(a.source, i32.mul(task, i32.mul(i32.mul(a.height, a.width), a.channels))))
      w.set(target, i32.add(a.target, i32.mul(task, i32.mul(i32.mul(a.outHeight, a.outWidth), a.channels))))
      overCells(w, a, (cell) => {
        overChannels(w, channel, a.channels, [16, 4], (size) => {
          const load = (row: Local, column: Local) => {
            const pixel = i32.mul(i32.add(i32.mul(row, a.width), column), a.channels)
            const address = i32.add(source, i32.add(pixel, channel))
            return w.v128(size === 16 ? v128.load(address) : v128.load32Zero(address))
          }
          if (kind === 'max') w.set(best, load(cell.rowFrom, cell.columnFrom))
          else for (const sum of [spikes, windows]) w.set(sum, i8x16.const(0))
          w.for(y, cell.rowFrom, cell.rowTo, n(1), () => {
            w.for(x, cell.columnFrom, cell.columnTo, n(1), () => add(load(y, x)))
          })
          const counted = v128.or(i8x16.swizzle(byteOf, spikes), v128.and(windows, window))
          const result = kind === 'average' ? counted : best
          const to = i32.add(target, channel)
          w.do(size === 16 ? v128.store(to, result) : v128.store32(to, result))
        })
        w.set(target, i32.add(target, a.channels))
      })
    })
  })
}

export const poolBackwardArguments = [...poolArguments, 'gradient', 'onlyOpen'] as const

/**
 * dL/dx into `target` (zeroed first). Max pooling gives the gradient to the first maximum in row-major order. With
 * `onlyOpen`, spike inputs get none where their window bit is closed.
 */
export function poolBackward(target: Target, counter: number, kind: PoolKind, from: 'dense' | 'spikes') {
  const size = from === 'dense' ? 4 : 1
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, poolBackwardArguments)
    const one = f32x4.const(1)
    const [channel, y, x, source, target, gradient, pixel, best] = Array.from({ length: 8 }, () => w.i32())
    const pixels = w.i32(i32.mul(a.height, a.width))
    const add = (lanes: 4 | 1, at: Local, g: Local): void => {
      const to = w.i32(i32.add(target, times4(at)))
      const mask = w.v128(i32x4.const(-1))
      if (from === 'spikes') {
        w.if(a.onlyOpen, () => {
          const address = i32.add(source, at)
          const bits = lanes === 4 ? fourBytes(address) : i32x4.splat(i32.load8U(address))
          w.set(mask, i32x4.eq(v128.and(bits, i32x4.const(2)), i32x4.const(2)))
        })
      }
      const sum = f32x4.add(lanes === 4 ? v128.load(to) : v128.load32Zero(to), v128.and(g, mask))
      w.do(lanes === 4 ? v128.store(to, sum) : v128.store32(to, sum))
    }
    const average = (cell: Cells): void =>
      overChannels(w, channel, a.channels, [4, 1], (lanes) => {
        const from_ = i32.add(gradient, times4(channel))
        const g = w.v128(f32x4.mul(lanes === 4 ? v128.load(from_) : v128.load32Zero(from_), cell.factor))
        w.for(y, cell.rowFrom, cell.rowTo, n(1), () => {
          w.for(x, cell.columnFrom, cell.columnTo, n(1), () => {
            w.set(pixel, i32.add(i32.mul(i32.add(i32.mul(y, a.width), x), a.channels), channel))
            add(lanes, pixel, g)
          })
        })
      })
    const maximum = (cell: Cells): void => {
      w.for(channel, n(0), a.channels, n(1), () => {
        const highest = w.v128(f32x4.const(Number.NEGATIVE_INFINITY))
        w.set(best, n(-1))
        w.for(y, cell.rowFrom, cell.rowTo, n(1), () => {
          w.for(x, cell.columnFrom, cell.columnTo, n(1), () => {
            w.set(pixel, i32.add(i32.mul(i32.add(i32.mul(y, a.width), x), a.channels), channel))
            const address = w.i32(i32.add(source, i32.mul(pixel, n(size))))
            const value = w.v128(from === 'dense' ? v128.load32Zero(address) : spikeValue(1, address, w.v128(one)))
            w.if(v128.anyTrue(v128.and(f32x4.gt(value, highest), i32x4.constLanes(-1, 0, 0, 0))), () => {
              w.set(highest, value)
              w.set(best, pixel)
            })
          })
        })
        w.if(i32.ne(best, n(-1)), () => {
          const g = w.v128(v128.load32Zero(i32.add(gradient, times4(channel))))
          add(1, best, g)
        })
      })
    }
    overTasks(w, counter, a.tasks, (task) => {
      const values = i32.mul(pixels, a.channels)
      w.set(source, i32.add(a.source, i32.mul(i32.mul(task, values), n(size))))
      w.set(target, i32.add(a.target, times4(i32.mul(task, values))))
      const outBytes = times4(i32.mul(i32.mul(a.outHeight, a.outWidth), a.channels))
      w.set(gradient, i32.add(a.gradient, i32.mul(task, outBytes)))
      w.fillMemory(target, n(0), times4(values))
      overCells(w, a, (cell) => {
        if (kind === 'average') average(cell)
        else maximum(cell)
        w.set(gradient, i32.add(gradient, times4(a.channels)))
      })
    })
  })
}
