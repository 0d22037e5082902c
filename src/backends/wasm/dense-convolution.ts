import {
  convolve,
  convolveArguments,
  denseBlock,
  frame,
  frameArguments,
  packArguments,
  packWeights,
  weightGradient,
  weightGradientArguments,
  wordsOf,
} from '../../codegen/index.ts'
import { floatWord } from './crew.ts'
import { type Geometry, perGroup, phaseTaps, reach } from './geometry.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

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

/** The input gradient as convolutions of the output gradient: one pass per phase of the stride. */
export function inputGradientPasses(g: Geometry): Pass[] {
  const [kh, kw] = g.kernel
  const rows = reach(g, 0)
  const columns = reach(g, 1)
  const frameHeight = rows.count
  const frameWidth = columns.count
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

/** Lanes of the kernels for so many output channels: wide ones where they are mostly filled. */
const lanesFor = (m: Machine, outputs: number): number => (outputs >= 2 * m.lanes ? m.lanes : 4)

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
    m.run(
      m.kernel(`frame ${s.tensor.kind}`, frame, s.tensor.kind),
      count,
      wordsOf(frameArguments, {
        source: s.tensor.address + first * bytes,
        target: frames,
        height: s.height,
        width: s.width,
        channels: s.channels,
        firstChannel: s.firstChannel,
        count: s.count,
        countPadded: padded,
        top: pass.top,
        left: pass.left,
        frameHeight: pass.frameHeight,
        frameWidth: pass.frameWidth,
        scale: floatWord(s.tensor.scale),
      }),
    )
    return work(frames)
  })
}

/** Runs `work` on runs of images whose frames fit the budget. */
function inRuns(images: number, perImage: number, perUnit: number, work: (first: number, count: number) => void): void {
  const run = Math.max(perUnit, Math.floor(frameBudget / perImage / perUnit) * perUnit)
  for (let first = 0; first < images; first += run) work(first, Math.min(run, images - first))
}

/** Runs `work` on frames of all images, as many at once as fit the budget, told in the words that the kernels share. */
function inUnits(
  m: Machine,
  source: Source,
  pass: Pass,
  size: { readonly images: number; readonly frameBytes: number; readonly perUnit: number },
  work: (run: {
    readonly first: number
    readonly units: number
    readonly unitPixels: number
    readonly lastPixels: number
    readonly input: number
    readonly unitInputBytes: number
  }) => void,
): void {
  const { images, frameBytes, perUnit } = size
  const pixels = pass.pixels.length
  inRuns(images, frameBytes, perUnit, (first, count) =>
    framed(m, source, pass, first, count, (input) => {
      const { count: found, last } = units(count, pixels)
      const unitPixels = perUnit * pixels
      work({ first, units: found, unitPixels, lastPixels: last * pixels, input, unitInputBytes: perUnit * frameBytes })
    }),
  )
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
function runPass(
  m: Machine,
  images: number,
  source: Source,
  pass: Pass,
  weights: Weights,
  bias: number,
  to: Target,
): void {
  const { taps, pixels } = pass
  const padded = roundUp(source.count, 4)
  const lanes = lanesFor(m, weights.outer)
  const width = denseBlock(lanes)
  const blocks = Math.ceil(weights.outer / width)
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
    m.scratch(blocks * taps.length * padded * 4 * width, (packed) => {
      m.run(
        m.kernel(`pack weights ${width}`, packWeights, width),
        blocks,
        wordsOf(packArguments, {
          source: weights.address,
          target: packed,
          taps: taps.length,
          tapTable: tapTable + 4 * taps.length,
          inner: weights.inner,
          innerPadded: padded,
          innerStride: weights.innerStride,
          outer: weights.outer,
          outerStride: weights.outerStride,
        }),
      )
      inUnits(m, source, pass, { images, frameBytes, perUnit }, ({ first, ...counts }) => {
        const kernel = m.vectorKernel(lanes, 'convolve', convolve, m.relaxed)
        m.run(
          kernel,
          counts.units * blocks,
          wordsOf(convolveArguments, {
            ...counts,
            inputTable: tableAddress,
            weights: packed,
            taps: taps.length,
            tapTable,
            inner: padded,
            blocks,
            bias,
            output: to.address + first * to.imageBytes,
            unitOutputBytes: perUnit * to.imageBytes,
            outputTable: tableAddress + 4 * inputTable.length,
            outputs: weights.outer,
          }),
        )
      })
    })
  })
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
    const to = {
      address: output.address + 4 * firstOutput,
      imageBytes: g.outHeight * g.outWidth * pixelBytes,
      pixelBytes,
    }
    runPass(m, g.images, source, pass, weights, bias ? bias.address + 4 * firstOutput : 0, to)
  })
}

export function denseInputGradient(
  m: Machine,
  g: Geometry,
  weight: WasmTensor,
  gradient: WasmTensor,
  output: WasmTensor,
): void {
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
export function denseWeightGradient(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  gradient: WasmTensor,
  target: WasmTensor,
): void {
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
    const lanes = lanesFor(m, outputs)
    const kernel = m.vectorKernel(lanes, 'weight gradient', weightGradient, m.relaxed)
    m.scratch(4 * tables.length, (tableAddress) => {
      m.writeWords(tableAddress, tables)
      inUnits(m, source, pass, { images: g.images, frameBytes, perUnit }, ({ first, ...counts }) => {
        m.run(
          kernel,
          pass.taps.length * (padded / 4),
          wordsOf(weightGradientArguments, {
            ...counts,
            inputTable: tableAddress,
            tapTable: tableAddress + 4 * inputTable.length,
            taps: pass.taps.length,
            gradient: gradient.address + first * imageBytes + 4 * firstOutput,
            unitGradientBytes: perUnit * imageBytes,
            pixelGradientBytes: g.outputs * 4,
            blocks: Math.ceil(outputs / denseBlock(lanes)),
            target: target.address + 4 * firstOutput,
            targetTapBytes: inputs * g.outputs * 4,
            inner: inputs,
            outputs,
          }),
        )
      })
    })
  })
}
