import { fourBytes, n, overTasks, readArguments, times4 } from './tasks.ts'
import { f32, f32x4, i32, i32x4, type Local, type Value, v128 } from './value.ts'
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

/** Copies images [H, W, C], float32 or spike bytes, into frames [Hf, Wf, Cp] of zeros. One task is one image. */
export function frame(target: Target, counter: number, from: 'dense' | 'spikes') {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, frameArguments)
    const size = from === 'dense' ? 4 : 1
    const scale = w.v128(f32x4.splat(f32.load(args, 4 * frameArguments.indexOf('scale'))))
    const rowBytes = w.i32(times4(i32.mul(a.frameWidth, a.countPadded)))
    const [row, column, channel, to, source] = [w.i32(), w.i32(), w.i32(), w.i32(), w.i32()]
    const spikes = (address: Value): Value => {
      const bytes = fourBytes(address)
      return f32x4.mul(f32x4.fromInteger(v128.and(bytes, i32x4.const(1))), scale)
    }
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
            const value = from === 'dense' ? v128.load(at(channel)) : spikes(at(channel))
            w.do(v128.store(i32.add(pixel, times4(channel)), value))
            w.set(channel, i32.add(channel, n(4)))
          })
          w.while(i32.ltU(channel, a.count), () => {
            const value = from === 'dense' ? v128.load32Zero(at(channel)) : spikes(at(channel))
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
 * Packs weights into [outer / 8][tap][inner padded][8], zeros where a block or the inner axis is padded. `tapTable` holds
 * the byte offset of each tap. One task is one block of 8.
 */
export function packWeights(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, packArguments)
    const [tap, i, lane, to, from, outer] = [w.i32(), w.i32(), w.i32(), w.i32(), w.i32(), w.i32()]
    overTasks(w, counter, a.tasks, (task) => {
      const blockBytes = i32.mul(i32.mul(a.taps, a.innerPadded), n(32))
      w.set(to, i32.add(a.target, i32.mul(task, blockBytes)))
      w.fillMemory(to, n(0), blockBytes)
      w.for(tap, n(0), a.taps, n(1), () => {
        w.set(from, i32.add(a.source, i32.load(i32.add(a.tapTable, times4(tap)))))
        w.set(from, i32.add(from, i32.mul(i32.shl(task, n(3)), a.outerStride)))
        w.for(i, n(0), a.inner, n(1), () => {
          w.set(outer, i32.shl(task, n(3)))
          w.for(lane, n(0), n(8), n(1), () => {
            w.if(i32.ltU(i32.add(outer, lane), a.outer), () => {
              const value = f32.load(i32.add(from, i32.mul(lane, a.outerStride)))
              w.do(f32.store(i32.add(to, times4(lane)), value))
            })
          })
          w.set(from, i32.add(from, a.innerStride))
          w.set(to, i32.add(to, n(32)))
        })
        w.set(to, i32.add(to, i32.shl(i32.sub(a.innerPadded, a.inner), n(5))))
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

/** a * b + c, fused where the host may. */
export function multiplyAdd(relaxed: boolean): (a: Value, b: Value, c: Value) => Value {
  return relaxed ? f32x4.relaxedMadd : (a, b, c) => f32x4.add(f32x4.mul(a, b), c)
}

/** Stores the first `count` of 8 lanes in two vectors, count 1 to 8 known at run time. */
function storeLanes(w: Writer, address: Value, low: Local, high: Local, count: Local): void {
  w.if(
    i32.geU(count, n(8)),
    () => {
      w.do(v128.store(address, low))
      w.do(v128.store(address, high, 16))
    },
    () => {
      for (let l = 0; l < 8; l++) {
        const vector = l < 4 ? low : high
        w.if(i32.gtU(count, n(l)), () => w.do(f32.store(address, f32x4.lane(l % 4, vector), 4 * l)))
      }
    },
  )
}

/**
 * Output pixels times 8 output channels: sums over taps and inner channels. A unit is a group of pixels that share the
 * tables; one task is one unit and block of 8 channels. 4 pixels at a time keep 8 sums in registers.
 */
export function convolve(target: Target, counter: number, relaxed: boolean) {
  const madd = multiplyAdd(relaxed)
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, convolveArguments)
    const [unit, block, pixel, pixels, tap, inner, left] = Array.from({ length: 7 }, () => w.i32())
    const [input, output, weights, weight, offset] = Array.from({ length: 5 }, () => w.i32())
    const bias = [w.v128(), w.v128()]
    const group = (count: number): void => {
      const from = Array.from({ length: count }, (_, p) =>
        w.i32(i32.add(input, i32.load(i32.add(a.inputTable, times4(pixel)), 4 * p))),
      )
      const at = from.map(() => w.i32())
      const sums = from.map(() => [w.v128(bias[0]), w.v128(bias[1])])
      w.set(weight, weights)
      w.for(tap, n(0), a.taps, n(1), () => {
        w.set(offset, i32.load(i32.add(a.tapTable, times4(tap))))
        at.forEach((address, p) => w.set(address, i32.add(from[p], offset)))
        w.set(inner, a.inner)
        w.doWhile(() => {
          for (let c = 0; c < 4; c++) {
            const rows = [w.v128(v128.load(weight, 32 * c)), w.v128(v128.load(weight, 32 * c + 16))]
            sums.forEach((sum, p) => {
              const x = w.v128(v128.load32Splat(at[p], 4 * c))
              sum.forEach((s, half) => w.set(s, madd(x, rows[half], s)))
            })
          }
          at.forEach((address) => w.set(address, i32.add(address, n(16))))
          w.set(weight, i32.add(weight, n(128)))
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
      w.set(left, i32.sub(a.outputs, i32.shl(block, n(3))))
      w.set(input, i32.add(a.input, i32.mul(unit, a.unitInputBytes)))
      w.set(output, i32.add(i32.add(a.output, i32.mul(unit, a.unitOutputBytes)), i32.shl(block, n(5))))
      w.set(weights, i32.add(a.weights, i32.mul(block, i32.shl(i32.mul(a.taps, a.inner), n(5)))))
      w.set(bias[0], f32x4.const(0))
      w.set(bias[1], f32x4.const(0))
      w.if(i32.ne(a.bias, n(0)), () => {
        w.set(bias[0], v128.load(i32.add(a.bias, i32.shl(block, n(5)))))
        w.set(bias[1], v128.load(i32.add(a.bias, i32.shl(block, n(5))), 16))
      })
      w.set(pixels, a.unitPixels)
      w.if(i32.eq(i32.add(unit, n(1)), a.units), () => w.set(pixels, a.lastPixels))
      w.set(pixel, n(0))
      w.while(i32.geU(i32.sub(pixels, pixel), n(4)), () => group(4))
      w.while(i32.ltU(pixel, pixels), () => group(1))
    })
  })
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
 * Weight gradient [tap][inner][outputs] of a dense input: 4 inner times 8 output channels in registers over the pixels of
 * one unit after another, added to what the target holds. One task is one tap and block of 4 inner channels. `targetTapBytes` steps from tap to tap; a row
 * of the target has `pixelGradientBytes` bytes, as the gradient's pixels have.
 */
export function weightGradient(target: Target, counter: number, relaxed: boolean) {
  const madd = multiplyAdd(relaxed)
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, weightGradientArguments)
    const [tap, innerBlock, unit, block, pixel, pixels, at, gradientAt, input, gradient, target, left, row] =
      Array.from({ length: 13 }, () => w.i32())
    const sums = Array.from({ length: 4 }, () => [w.v128(), w.v128()])
    // Sums of units are added to totals: two short sums err less than one long one.
    const totals = sums.map(() => [w.v128(), w.v128()])
    overTasks(w, counter, a.tasks, (task) => {
      w.set(innerBlock, i32.div(task, a.taps))
      w.set(tap, i32.sub(task, i32.mul(innerBlock, a.taps)))
      w.set(target, i32.add(a.target, i32.mul(tap, a.targetTapBytes)))
      w.set(target, i32.add(target, i32.mul(i32.shl(innerBlock, n(2)), a.pixelGradientBytes)))
      w.for(block, n(0), a.blocks, n(1), () => {
        w.set(left, i32.sub(a.outputs, i32.shl(block, n(3))))
        for (const pair of sums) for (const sum of pair) w.set(sum, f32x4.const(0))
        w.set(row, i32.add(target, i32.shl(block, n(5))))
        for (const pair of totals) {
          pair.forEach((total, half) => w.set(total, v128.load(row, 16 * half)))
          w.set(row, i32.add(row, a.pixelGradientBytes))
        }
        w.for(unit, n(0), a.units, n(1), () => {
          w.set(input, i32.add(a.input, i32.mul(unit, a.unitInputBytes)))
          w.set(input, i32.add(input, i32.load(i32.add(a.tapTable, times4(tap)))))
          w.set(input, i32.add(input, i32.shl(innerBlock, n(4))))
          w.set(gradient, i32.add(a.gradient, i32.mul(unit, a.unitGradientBytes)))
          w.set(gradientAt, i32.add(gradient, i32.shl(block, n(5))))
          w.set(pixels, a.unitPixels)
          w.if(i32.eq(i32.add(unit, n(1)), a.units), () => w.set(pixels, a.lastPixels))
          w.for(pixel, n(0), pixels, n(1), () => {
            w.set(at, i32.add(input, i32.load(i32.add(a.inputTable, times4(pixel)))))
            const rows = [w.v128(v128.load(gradientAt)), w.v128(v128.load(gradientAt, 16))]
            sums.forEach((pair, c) => {
              const x = w.v128(v128.load32Splat(at, 4 * c))
              pair.forEach((sum, half) => w.set(sum, madd(x, rows[half], sum)))
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
            w.set(row, i32.add(i32.add(target, i32.mul(a.pixelGradientBytes, n(c))), i32.shl(block, n(5))))
            storeLanes(w, row, low, high, left)
          })
        })
      })
    })
  })
}
