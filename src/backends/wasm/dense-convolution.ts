import { convolve, frame, packWeights, weightGradient } from '../../codegen/index.ts'
import type { Conv2dOptions } from '../backend.ts'
import { floatWord } from './crew.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

/** Sizes of a convolution of images: everything that the kernels' tables are made of. */
export interface Geometry extends Conv2dOptions {
  readonly images: number
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly outHeight: number
  readonly outWidth: number
  readonly outputs: number
  readonly kernel: readonly [number, number]
}

export function outputSize(size: number, kernel: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
}

export function geometryOf(x: WasmTensor, weight: WasmTensor, options: Conv2dOptions): Geometry {
  const [steps, batch, height, width, channels] = x.shape
  const [kh, kw, , outputs] = weight.shape
  const { stride, padding, dilation } = options
  return {
    ...options,
    images: steps * batch,
    height,
    width,
    channels,
    outHeight: outputSize(height, kh, stride[0], padding[0], dilation[0]),
    outWidth: outputSize(width, kw, stride[1], padding[1], dilation[1]),
    outputs,
    kernel: [kh, kw],
  }
}

const roundUp = (value: number, to: number): number => Math.ceil(value / to) * to

/** Most bytes of framed images at a time. */
const frameBudget = 256 * 2 ** 20

/** One pass of the convolution kernel: a frame to read from, taps, and which pixels go where. */
interface Pass {
  readonly frameHeight: number
  readonly frameWidth: number
  readonly top: number
  readonly left: number
  /** Per tap: its place in the frame relative to a pixel's, and its place in the weights, [tap row, column]. */
  readonly taps: readonly { readonly row: number; readonly column: number; readonly weightTap: number }[]
  /** Per pixel of one image: its place in the frame and its number in the image that is written. */
  readonly pixels: readonly { readonly row: number; readonly column: number; readonly target: number }[]
}

export function forwardPass(g: Geometry): Pass {
  const [kh, kw] = g.kernel
  const taps = []
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) taps.push({ row: i * g.dilation[0], column: j * g.dilation[1], weightTap: i * kw + j })
  }
  const pixels = []
  for (let y = 0; y < g.outHeight; y++) {
    for (let x = 0; x < g.outWidth; x++) {
      pixels.push({ row: y * g.stride[0], column: x * g.stride[1], target: y * g.outWidth + x })
    }
  }
  const frameHeight = Math.max(g.height + 2 * g.padding[0], 1)
  const frameWidth = Math.max(g.width + 2 * g.padding[1], 1)
  return { frameHeight, frameWidth, top: g.padding[0], left: g.padding[1], taps, pixels }
}

/** Along one axis: which taps reach an input of a given phase, and where they read the gradient. */
function phaseTaps(phase: number, kernel: number, stride: number, dilation: number): { tap: number; shift: number }[] {
  const found = []
  for (let tap = 0; tap < kernel; tap++) {
    const shift = (phase - tap * dilation) / stride
    if (Number.isInteger(shift)) found.push({ tap, shift })
  }
  return found
}

/** The input gradient as convolutions of the output gradient: one pass per phase of the stride. */
export function inputGradientPasses(g: Geometry): Pass[] {
  const [kh, kw] = g.kernel
  const reach = (size: number, kernel: number, axis: 0 | 1) => {
    const low = -Math.ceil(((kernel - 1) * g.dilation[axis]) / g.stride[axis])
    const high = Math.floor((size - 1 + g.padding[axis]) / g.stride[axis])
    return { low, high }
  }
  const rows = reach(g.height, kh, 0)
  const columns = reach(g.width, kw, 1)
  const frameHeight = Math.max(rows.high, g.outHeight - 1) - rows.low + 1
  const frameWidth = Math.max(columns.high, g.outWidth - 1) - columns.low + 1
  const passes: Pass[] = []
  for (let py = 0; py < g.stride[0]; py++) {
    for (let px = 0; px < g.stride[1]; px++) {
      const taps = phaseTaps(py, kh, g.stride[0], g.dilation[0]).flatMap((a) =>
        phaseTaps(px, kw, g.stride[1], g.dilation[1]).map((b) => ({
          row: a.shift,
          column: b.shift,
          weightTap: a.tap * kw + b.tap,
        })),
      )
      const pixels = []
      for (let y = 0; y < g.height; y++) {
        for (let x = 0; x < g.width; x++) {
          const [fromY, fromX] = [y + g.padding[0], x + g.padding[1]]
          if (fromY % g.stride[0] !== py || fromX % g.stride[1] !== px) continue
          const row = Math.floor(fromY / g.stride[0]) - rows.low
          const column = Math.floor(fromX / g.stride[1]) - columns.low
          pixels.push({ row, column, target: y * g.width + x })
        }
      }
      if (pixels.length > 0) passes.push({ frameHeight, frameWidth, top: -rows.low, left: -columns.low, taps, pixels })
    }
  }
  return passes
}

/** How images are grouped so that the kernels see enough pixels at once even on the smallest maps. */
function units(images: number, pixels: number): { perUnit: number; count: number; last: number } {
  const perUnit = Math.min(images, Math.max(1, Math.ceil(16 / pixels)))
  const count = Math.ceil(images / perUnit)
  return { perUnit, count, last: images - (count - 1) * perUnit }
}

/** What the frames are made of: a tensor of images, and a range of its channels. */
interface Source {
  readonly tensor: WasmTensor
  readonly height: number
  readonly width: number
  readonly channels: number
  readonly firstChannel: number
  readonly count: number
}

/** Frames of images first..first+count-1, then `work` on them. */
function framed<R>(m: Machine, s: Source, pass: Pass, first: number, count: number, work: (frames: number) => R): R {
  const padded = roundUp(s.count, 4)
  return m.scratch(count * pass.frameHeight * pass.frameWidth * padded * 4, (frames) => {
    const bytes = s.height * s.width * s.channels * (s.tensor.kind === 'dense' ? 4 : 1)
    m.run(m.kernel(`frame ${s.tensor.kind}`, frame, s.tensor.kind), count, [
      s.tensor.address + first * bytes, frames, s.height, s.width, s.channels, s.firstChannel, s.count, padded,
      pass.top, pass.left, pass.frameHeight, pass.frameWidth, floatWord(s.tensor.scale),
    ])
    return work(frames)
  })
}

/** Runs `work` on runs of images whose frames fit the budget. */
function inRuns(images: number, perImage: number, perUnit: number, work: (first: number, count: number) => void): void {
  const run = Math.max(perUnit, Math.floor(frameBudget / perImage / perUnit) * perUnit)
  for (let first = 0; first < images; first += run) work(first, Math.min(run, images - first))
}

interface Weights {
  readonly address: number
  readonly tapBytes: number
  readonly innerStride: number
  readonly inner: number
  readonly outerStride: number
  readonly outer: number
}

interface Target {
  /** Address of the first written channel of image 0. */
  readonly address: number
  readonly imageBytes: number
  readonly pixelBytes: number
}

/** One pass over all images. */
function runPass(m: Machine, images: number, source: Source, pass: Pass, weights: Weights, bias: number, to: Target): void {
  const { taps, pixels } = pass
  const padded = roundUp(source.count, 4)
  const blocks = Math.ceil(weights.outer / 8)
  const { perUnit } = units(images, pixels.length)
  const frameBytes = pass.frameHeight * pass.frameWidth * padded * 4
  const place = (p: { row: number; column: number }) => (p.row * pass.frameWidth + p.column) * padded * 4
  const inputTable: number[] = []
  const outputTable: number[] = []
  for (let i = 0; i < perUnit; i++) {
    for (const p of pixels) {
      inputTable.push(i * frameBytes + place(p))
      outputTable.push(i * to.imageBytes + p.target * to.pixelBytes)
    }
  }
  const tables = [...inputTable, ...outputTable, ...taps.map(place), ...taps.map((t) => t.weightTap * weights.tapBytes)]
  m.scratch(4 * tables.length, (tableAddress) => {
    m.writeWords(tableAddress, tables)
    const tapTable = tableAddress + 4 * (inputTable.length + outputTable.length)
    m.scratch(blocks * taps.length * padded * 32, (packed) => {
      m.run(m.kernel('pack weights', packWeights), blocks, [
        weights.address, packed, taps.length, tapTable + 4 * taps.length, weights.inner, padded,
        weights.innerStride, weights.outer, weights.outerStride,
      ])
      inRuns(images, frameBytes, perUnit, (first, count) =>
        framed(m, source, pass, first, count, (frames) => {
          const { count: unitCount, last } = units(count, pixels.length)
          const kernel = m.kernel('convolve', convolve, m.relaxed)
          m.run(kernel, unitCount * blocks, [
            unitCount, perUnit * pixels.length, last * pixels.length, frames, perUnit * frameBytes, tableAddress,
            packed, taps.length, tapTable, padded, blocks, bias, to.address + first * to.imageBytes,
            perUnit * to.imageBytes, tableAddress + 4 * inputTable.length, weights.outer,
          ])
        }),
      )
    })
  })
}

/** Calls `work` with the channel ranges of each group. */
function perGroup(g: Geometry, work: (group: { inputs: number; firstInput: number; outputs: number; firstOutput: number }) => void) {
  const inputs = g.channels / g.groups
  const outputs = g.outputs / g.groups
  for (let i = 0; i < g.groups; i++) work({ inputs, firstInput: i * inputs, outputs, firstOutput: i * outputs })
}

export function denseForward(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  weight: WasmTensor,
  bias: WasmTensor | null,
  output: WasmTensor,
): void {
  const pass = forwardPass(g)
  const pixelBytes = g.outputs * 4
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const { height, width, channels } = g
    const source = { tensor: x, height, width, channels, firstChannel: firstInput, count: inputs }
    const weights = {
      address: weight.address + 4 * firstOutput,
      tapBytes: inputs * pixelBytes,
      innerStride: pixelBytes,
      inner: inputs,
      outerStride: 4,
      outer: outputs,
    }
    const to = { address: output.address + 4 * firstOutput, imageBytes: g.outHeight * g.outWidth * pixelBytes, pixelBytes }
    runPass(m, g.images, source, pass, weights, bias ? bias.address + 4 * firstOutput : 0, to)
  })
}

export function denseInputGradient(m: Machine, g: Geometry, weight: WasmTensor, gradient: WasmTensor, output: WasmTensor): void {
  const passes = inputGradientPasses(g)
  const pixelBytes = g.channels * 4
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const source = {
      tensor: gradient,
      height: g.outHeight,
      width: g.outWidth,
      channels: g.outputs,
      firstChannel: firstOutput,
      count: outputs,
    }
    const weights = {
      address: weight.address + 4 * firstOutput,
      tapBytes: inputs * g.outputs * 4,
      innerStride: 4,
      inner: outputs,
      outerStride: g.outputs * 4,
      outer: inputs,
    }
    const to = { address: output.address + 4 * firstInput, imageBytes: g.height * g.width * pixelBytes, pixelBytes }
    for (const pass of passes) runPass(m, g.images, source, pass, weights, 0, to)
  })
}

/** dL/dweight into `target`, [kh, kw, inputs, outputs], which must be zero. */
export function denseWeightGradient(m: Machine, g: Geometry, x: WasmTensor, gradient: WasmTensor, target: WasmTensor): void {
  const pass = forwardPass(g)
  const { height, width, channels } = g
  const pixels = pass.pixels
  const imageBytes = g.outHeight * g.outWidth * g.outputs * 4
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const source = { tensor: x, height, width, channels, firstChannel: firstInput, count: inputs }
    const padded = roundUp(inputs, 4)
    const frameBytes = pass.frameHeight * pass.frameWidth * padded * 4
    const place = (p: { row: number; column: number }) => (p.row * pass.frameWidth + p.column) * padded * 4
    const { perUnit } = units(g.images, pixels.length)
    const inputTable: number[] = []
    for (let i = 0; i < perUnit; i++) for (const p of pixels) inputTable.push(i * frameBytes + place(p))
    const tables = [...inputTable, ...pass.taps.map(place)]
    m.scratch(4 * tables.length, (tableAddress) => {
      m.writeWords(tableAddress, tables)
      inRuns(g.images, frameBytes, perUnit, (first, count) =>
        framed(m, source, pass, first, count, (frames) => {
          const { count: unitCount, last } = units(count, pixels.length)
          m.run(m.kernel('weight gradient', weightGradient, m.relaxed), pass.taps.length * (padded / 4), [
            unitCount, perUnit * pixels.length, last * pixels.length, frames, perUnit * frameBytes, tableAddress,
            tableAddress + 4 * inputTable.length, pass.taps.length,
            gradient.address + first * imageBytes + 4 * firstOutput, perUnit * imageBytes, g.outputs * 4,
            Math.ceil(outputs / 8), target.address + 4 * firstOutput, inputs * g.outputs * 4, inputs, outputs,
          ])
        }),
      )
    })
  })
}
