import { fourValues, type ValueKind } from './spike-bytes.ts'
import { n, overTasks, readArguments, times4 } from './tasks.ts'
import { f32, f32x4, i32, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Dense convolution kernels. All three work on inputs that were copied into a frame of zeros, with the channels padded
 * to a multiple of 4, and find their pixels through tables of byte offsets, so that stride, dilation and phases of a
 * transposed convolution need no code of their own.
 */

export const frameArguments = [
  'tasks',
  'source',
  'target',
  'height',
  'width',
  'channels',
  'firstChannel',
  'count',
  'countPadded',
  'top',
  'left',
  'frameHeight',
  'frameWidth',
  'scale',
] as const

/** Copies images [H, W, C] of any kind into frames [Hf, Wf, Cp] of zeros. One task is one image. */
export function frame(target: Target, counter: number, from: ValueKind) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, frameArguments)
    const size = from === 'dense' ? 4 : 1
    const scale = w.v128(f32x4.splat(f32.load(args, 4 * frameArguments.indexOf('scale'))))
    const rowBytes = w.i32(times4(i32.mul(a.frameWidth, a.countPadded)))
    const [row, column, channel, to, source] = [w.i32(), w.i32(), w.i32(), w.i32(), w.i32()]
    overTasks(w, counter, a.tasks, (task) => {
      w.set(to, i32.add(a.target, i32.mul(i32.mul(task, a.frameHeight), rowBytes)))
      const imageBytes = i32.mul(i32.mul(a.height, a.width), i32.mul(a.channels, n(size)))
      w.set(source, i32.add(i32.add(a.source, i32.mul(a.firstChannel, n(size))), i32.mul(task, imageBytes)))
      w.fillMemory(to, n(0), i32.mul(a.frameHeight, rowBytes))
      w.set(to, i32.add(to, i32.add(i32.mul(a.top, rowBytes), times4(i32.mul(a.left, a.countPadded)))))
      w.for(row, n(0), a.height, n(1), () => {
        const pixel = w.i32(to)
        w.for(column, n(0), a.width, n(1), () => {
          const at = (c: Value) => i32.add(source, i32.mul(c, n(size)))
          w.set(channel, n(0))
          w.while(i32.geU(i32.sub(a.count, channel), n(4)), () => {
            const value = from === 'dense' ? v128.load(at(channel)) : fourValues(w, from, at(channel), scale)
            w.do(v128.store(i32.add(pixel, times4(channel)), value))
            w.set(channel, i32.add(channel, n(4)))
          })
          w.while(i32.ltU(channel, a.count), () => {
            const value = from === 'dense' ? v128.load32Zero(at(channel)) : fourValues(w, from, at(channel), scale)
            w.do(v128.store32(i32.add(pixel, times4(channel)), value))
            w.set(channel, i32.add(channel, n(1)))
          })
          w.set(pixel, i32.add(pixel, times4(a.countPadded)))
          w.set(source, i32.add(source, i32.mul(a.channels, n(size))))
        })
        w.set(to, i32.add(to, rowBytes))
      })
    })
  })
}

export const packArguments = [
  'tasks',
  'source',
  'target',
  'taps',
  'tapTable',
  'inner',
  'innerPadded',
  'innerStride',
  'outer',
  'outerStride',
] as const

/**
 * Packs weights into [outer / width][tap][inner padded][width], zeros where a block or the inner axis is padded. `tapTable`
 * holds the byte offset of each tap. One task is one block.
 */
export function packWeights(target: Target, counter: number, width: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, packArguments)
    const [tap, i, lane, to, from, outer] = [w.i32(), w.i32(), w.i32(), w.i32(), w.i32(), w.i32()]
    overTasks(w, counter, a.tasks, (task) => {
      const blockBytes = i32.mul(i32.mul(a.taps, a.innerPadded), n(4 * width))
      w.set(to, i32.add(a.target, i32.mul(task, blockBytes)))
      w.fillMemory(to, n(0), blockBytes)
      w.for(tap, n(0), a.taps, n(1), () => {
        w.set(from, i32.add(a.source, i32.load(i32.add(a.tapTable, times4(tap)))))
        w.set(from, i32.add(from, i32.mul(i32.mul(task, n(width)), a.outerStride)))
        w.for(i, n(0), a.inner, n(1), () => {
          w.set(outer, i32.mul(task, n(width)))
          w.for(lane, n(0), n(width), n(1), () => {
            w.if(i32.ltU(i32.add(outer, lane), a.outer), () => {
              const value = f32.load(i32.add(from, i32.mul(lane, a.outerStride)))
              w.do(f32.store(i32.add(to, times4(lane)), value))
            })
          })
          w.set(from, i32.add(from, a.innerStride))
          w.set(to, i32.add(to, n(4 * width)))
        })
        w.set(to, i32.add(to, i32.mul(i32.sub(a.innerPadded, a.inner), n(4 * width))))
      })
    })
  })
}

export const convolveArguments = [
  'tasks',
  'units',
  'unitPixels',
  'lastPixels',
  'input',
  'unitInputBytes',
  'inputTable',
  'weights',
  'taps',
  'tapTable',
  'inner',
  'blocks',
  'bias',
  'output',
  'unitOutputBytes',
  'outputTable',
  'outputs',
] as const

/** Output channels that one task of `convolve` and one block of `weightGradient` take: two vectors. */
export const denseBlock = (lanes: number): number => 2 * lanes

/** Stores the first `count` lanes of two vectors, at least one. */
function storeLanes(w: Writer, address: Local, low: Local, high: Local, count: Local): void {
  w.if(
    i32.gtU(count, n(w.lanes)),
    () => {
      w.do(wide.store(address, low))
      w.if(
        i32.ltU(count, n(2 * w.lanes)),
        () => w.do(wide.storeSome(address, high, i32.sub(count, n(w.lanes)), w.bytes)),
        () => w.do(wide.store(address, high, w.bytes)),
      )
    },
    () => {
      w.if(
        i32.eq(count, n(w.lanes)),
        () => w.do(wide.store(address, low)),
        () => w.do(wide.storeSome(address, low, count)),
      )
    },
  )
}

/**
 * Output pixels times two vectors of output channels: sums over taps and inner channels. A unit is a group of pixels that share the
 * tables; one task is one unit and block of channels. 4 pixels at a time keep 8 sums in registers.
 */
export function convolve(target: Target, counter: number, relaxed: boolean) {
  return assemble(
    target,
    (w, args) => {
      const blockBytes = w.bytes * 2
      const a = readArguments(w, args, convolveArguments)
      const [unit, block, pixel, pixels, tap, inner, left] = Array.from({ length: 7 }, () => w.i32())
      const [input, output, weights, weight, offset] = Array.from({ length: 5 }, () => w.i32())
      const bias = [w.wide(), w.wide()]
      const group = (count: number): void => {
        const from = Array.from({ length: count }, (_, p) =>
          w.i32(i32.add(input, i32.load(i32.add(a.inputTable, times4(pixel)), 4 * p))),
        )
        const at = from.map(() => w.i32())
        const sums = from.map(() => [w.wide(bias[0]), w.wide(bias[1])])
        w.set(weight, weights)
        w.for(tap, n(0), a.taps, n(1), () => {
          w.set(offset, i32.load(i32.add(a.tapTable, times4(tap))))
          at.forEach((address, p) => w.set(address, i32.add(from[p], offset)))
          w.set(inner, a.inner)
          w.doWhile(() => {
            for (let c = 0; c < 4; c++) {
              const rows = [0, w.bytes].map((half) => w.wide(wide.load(weight, blockBytes * c + half)))
              sums.forEach((sum, p) => {
                const x = w.wide(wide.loadSplat(at[p], 4 * c))
                sum.forEach((s, half) => w.set(s, w.multiplyAdd(x, rows[half], s)))
              })
            }
            at.forEach((address) => w.set(address, i32.add(address, n(16))))
            w.set(weight, i32.add(weight, n(4 * blockBytes)))
            w.set(inner, i32.sub(inner, n(4)))
          }, inner)
        })
        sums.forEach(([low, high], p) => {
          const address = w.i32(i32.add(output, i32.load(i32.add(a.outputTable, times4(pixel)), 4 * p)))
          storeLanes(w, address, low, high, left)
        })
        w.set(pixel, i32.add(pixel, n(count)))
      }
      overTasks(w, counter, a.tasks, (task) => {
        w.set(unit, i32.div(task, a.blocks))
        w.set(block, i32.sub(task, i32.mul(unit, a.blocks)))
        w.set(left, i32.sub(a.outputs, i32.mul(block, n(2 * w.lanes))))
        w.set(input, i32.add(a.input, i32.mul(unit, a.unitInputBytes)))
        w.set(output, i32.add(i32.add(a.output, i32.mul(unit, a.unitOutputBytes)), i32.mul(block, n(blockBytes))))
        w.set(weights, i32.add(a.weights, i32.mul(block, i32.mul(i32.mul(a.taps, a.inner), n(blockBytes)))))
        w.set(bias[0], f32x4.const(0))
        w.set(bias[1], f32x4.const(0))
        w.if(i32.ne(a.bias, n(0)), () => {
          w.set(bias[0], wide.load(i32.add(a.bias, i32.mul(block, n(blockBytes)))))
          w.set(bias[1], wide.load(i32.add(a.bias, i32.mul(block, n(blockBytes))), w.bytes))
        })
        w.set(pixels, a.unitPixels)
        w.if(i32.eq(i32.add(unit, n(1)), a.units), () => w.set(pixels, a.lastPixels))
        w.set(pixel, n(0))
        w.while(i32.geU(i32.sub(pixels, pixel), n(4)), () => group(4))
        w.while(i32.ltU(pixel, pixels), () => group(1))
      })
    },
    relaxed,
  )
}

export const weightGradientArguments = [
  'tasks',
  'units',
  'unitPixels',
  'lastPixels',
  'input',
  'unitInputBytes',
  'inputTable',
  'tapTable',
  'taps',
  'gradient',
  'unitGradientBytes',
  'pixelGradientBytes',
  'blocks',
  'target',
  'targetTapBytes',
  'inner',
  'outputs',
] as const

/**
 * Weight gradient [tap][inner][outputs] of a dense input: 4 inner channels times two vectors of output channels in registers over the pixels of
 * one unit after another, added to what the target holds. One task is one tap and block of 4 inner channels. `targetTapBytes` steps from tap to tap; a row
 * of the target has `pixelGradientBytes` bytes, as the gradient's pixels have.
 */
export function weightGradient(target: Target, counter: number, relaxed: boolean) {
  return assemble(
    target,
    (w, args) => {
      const blockBytes = w.bytes * 2
      const a = readArguments(w, args, weightGradientArguments)
      const [tap, innerBlock, unit, block, pixel, pixels, at, gradientAt, input, gradient, target, left, row] =
        Array.from({ length: 13 }, () => w.i32())
      const sums = Array.from({ length: 4 }, () => [w.wide(), w.wide()])
      // Sums of units are added to totals: two short sums err less than one long one.
      const totals = sums.map(() => [w.wide(), w.wide()])
      overTasks(w, counter, a.tasks, (task) => {
        w.set(innerBlock, i32.div(task, a.taps))
        w.set(tap, i32.sub(task, i32.mul(innerBlock, a.taps)))
        w.set(target, i32.add(a.target, i32.mul(tap, a.targetTapBytes)))
        w.set(target, i32.add(target, i32.mul(i32.shl(innerBlock, n(2)), a.pixelGradientBytes)))
        w.for(block, n(0), a.blocks, n(1), () => {
          w.set(left, i32.sub(a.outputs, i32.mul(block, n(2 * w.lanes))))
          for (const pair of sums) for (const sum of pair) w.set(sum, f32x4.const(0))
          w.set(row, i32.add(target, i32.mul(block, n(blockBytes))))
          for (const pair of totals) {
            pair.forEach((total, half) => w.set(total, wide.load(row, w.bytes * half)))
            w.set(row, i32.add(row, a.pixelGradientBytes))
          }
          w.for(unit, n(0), a.units, n(1), () => {
            w.set(input, i32.add(a.input, i32.mul(unit, a.unitInputBytes)))
            w.set(input, i32.add(input, i32.load(i32.add(a.tapTable, times4(tap)))))
            w.set(input, i32.add(input, i32.shl(innerBlock, n(4))))
            w.set(gradient, i32.add(a.gradient, i32.mul(unit, a.unitGradientBytes)))
            w.set(gradientAt, i32.add(gradient, i32.mul(block, n(blockBytes))))
            w.set(pixels, a.unitPixels)
            w.if(i32.eq(i32.add(unit, n(1)), a.units), () => w.set(pixels, a.lastPixels))
            w.for(pixel, n(0), pixels, n(1), () => {
              w.set(at, i32.add(input, i32.load(i32.add(a.inputTable, times4(pixel)))))
              const rows = [0, w.bytes].map((half) => w.wide(wide.load(gradientAt, half)))
              sums.forEach((pair, c) => {
                const x = w.wide(wide.loadSplat(at, 4 * c))
                pair.forEach((sum, half) => w.set(sum, w.multiplyAdd(x, rows[half], sum)))
              })
              w.set(gradientAt, i32.add(gradientAt, a.pixelGradientBytes))
            })
            totals.forEach((pair, c) => {
              pair.forEach((total, half) => {
                w.set(total, f32x4.add(total, sums[c][half]))
                w.set(sums[c][half], f32x4.const(0))
              })
            })
          })
          totals.forEach(([low, high], c) => {
            w.if(i32.ltU(i32.add(i32.shl(innerBlock, n(2)), n(c)), a.inner), () => {
              w.set(row, i32.add(i32.add(target, i32.mul(a.pixelGradientBytes, n(c))), i32.mul(block, n(blockBytes))))
              storeLanes(w, row, low, high, left)
            })
          })
        })
      })
    },
    relaxed,
  )
}
