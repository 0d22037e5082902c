import {
  channelsPerTask,
  eventWeightGradient,
  eventWeightGradientArguments,
  packFrames,
  packFramesArguments,
  wordsOf,
} from '../../codegen/index.ts'
import { floatWord } from './crew.ts'
import { align, blocksOf, eventLanes } from './event-tasks.ts'
import { type Geometry, imagesTogether, perGroup, phaseTaps, reach } from './geometry.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

/** Most bytes of framed gradients at a time. */
const framesBudget = 4 * 2 ** 20

/**
 * Writes dL/dweight to `target`, [kh, kw, inputs, outputs]. Output channels per group must divide by 4.
 * @param tile pixels whose rows of the gradient stay near while a channel's events are added: of one image, or of several
 */
export function eventWeightGradientInto(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  gradient: WasmTensor,
  target: WasmTensor,
  tile: number,
): void {
  const rows = reach(g, 0)
  const columns = reach(g, 1)
  // A tap that reads nothing but padding is in no phase, and nobody writes its gradient.
  if (!everyTapReads(g)) m.zero(target)
  const frameHeight = rows.count
  const frameWidth = columns.count
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const lanes = eventLanes(m, 'weight gradient', g)
    const { blocks, stride } = blocksOf(outputs, lanes)
    const frameBytes = frameHeight * frameWidth * stride
    const imagesPerGroup = imagesTogether(g, tile)
    const groupBytes = blocks.length * imagesPerGroup * frameBytes
    const place = (row: number, column: number) => (row * frameWidth + column) * stride
    const phases = phasesOf(g, inputs, place, rows.low, columns.low)
    if (phases.length === 0) return
    const mostPixels = Math.max(...phases.map((p) => p.pixels.length / 2))
    const perTask = channelsPerTask(lanes, inputs)
    // Lists of the channels, and two tables of the band's pixels; vectors may write past the end of each.
    const listBytes = align(4 * imagesPerGroup * mostPixels * x.levels + 64)
    const scratchBytes = 64 + (perTask + 2) * listBytes
    const tableWords = phases.reduce(
      (sum, p) => sum + p.pixels.length + p.taps.length,
      4 * phases.length + 4 * blocks.length,
    )
    const name = `event weight gradient ${perTask} ${x.levels}`
    const kernel = m.vectorKernel(lanes, name, eventWeightGradient, perTask, x.levels)
    const runImages = Math.max(1, Math.floor(framesBudget / groupBytes)) * imagesPerGroup
    const firstRun = Math.min(runImages, g.images)
    m.scratch(4 * tableWords, (table) =>
      m.scratch(Math.ceil(firstRun / imagesPerGroup) * groupBytes, (frames) =>
        m.scratch(m.crew.threads * scratchBytes, (scratch) => {
          const blockTable = table
          const phaseTable = table + 16 * blocks.length
          let at = phaseTable + 16 * phases.length
          const header = phases.flatMap((p) => {
            const [pixels, taps] = [at, at + 4 * p.pixels.length]
            at = taps + 4 * p.taps.length
            return [p.pixels.length / 2, pixels, p.taps.length / 2, taps]
          })
          m.writeWords(blockTable, [
            ...blocks.flatMap((b, i) => [i * imagesPerGroup * frameBytes, b.vectors, 4 * b.first, 0]),
            ...header,
            ...phases.flatMap((p) => [...p.pixels, ...p.taps]),
          ])
          for (let first = 0; first < g.images; first += runImages) {
            const count = Math.min(runImages, g.images - first)
            m.run(
              m.vectorKernel(lanes, 'pack frames', packFrames),
              count,
              wordsOf(packFramesArguments, {
                imagesPerGroup,
                source: gradient.address + 4 * (first * g.outHeight * g.outWidth * g.outputs + firstOutput),
                height: g.outHeight,
                width: g.outWidth,
                pixelBytes: 4 * g.outputs,
                target: frames,
                groupBytes,
                frameHeight,
                frameWidth,
                top: -rows.low,
                left: -columns.low,
                blocks: blocks.length,
                blockTable,
                stride,
              }),
            )
            const imageBytes = g.height * g.width * g.channels
            m.run(
              kernel,
              Math.ceil(inputs / perTask),
              wordsOf(eventWeightGradientArguments, {
                images: count,
                imagesPerGroup,
                groupBytes,
                x: x.address + first * imageBytes + firstInput,
                imageBytes,
                pixelBytes: g.channels,
                channels: inputs,
                frames,
                frameBytes,
                phases: phases.length,
                phaseTable,
                blocks: blocks.length,
                blockTable,
                target: target.address + 4 * firstOutput,
                targetRowBytes: 4 * g.outputs,
                scratch,
                scratchBytes,
                listBytes,
                scale: floatWord(x.scale),
                bandPixels: tile,
                fresh: first === 0 ? 1 : 0,
              }),
            )
          }
        }),
      ),
    )
  })
}

/** Whether every tap reads some pixel of the input. */
function everyTapReads(g: Geometry): boolean {
  return [0, 1].every((axis) => {
    const size = axis === 0 ? g.height : g.width
    return Array.from({ length: g.stride[axis] }, (_, phase) => phase).every((phase) => {
      const taps = phaseTaps(phase, g.kernel[axis], g.stride[axis], g.dilation[axis])
      const pixels = Array.from({ length: size }, (_, at) => (at + g.padding[axis]) % g.stride[axis])
      return taps.length === 0 || pixels.includes(phase)
    })
  })
}

/** Pixels and taps by phase of the stride; phases that no tap or no pixel belongs to are left out. */
function phasesOf(
  g: Geometry,
  inputs: number,
  place: (row: number, column: number) => number,
  lowRow: number,
  lowColumn: number,
) {
  const phases: { pixels: number[]; taps: number[] }[] = []
  for (let py = 0; py < g.stride[0]; py++) {
    for (let px = 0; px < g.stride[1]; px++) {
      const taps = phaseTaps(py, g.kernel[0], g.stride[0], g.dilation[0]).flatMap((a) =>
        phaseTaps(px, g.kernel[1], g.stride[1], g.dilation[1]).flatMap((b) => [
          place(a.shift, b.shift),
          (a.tap * g.kernel[1] + b.tap) * inputs * g.outputs * 4,
        ]),
      )
      const pixels: number[] = []
      for (let y = 0; y < g.height; y++) {
        for (let x = 0; x < g.width; x++) {
          const [fromY, fromX] = [y + g.padding[0], x + g.padding[1]]
          if (fromY % g.stride[0] !== py || fromX % g.stride[1] !== px) continue
          const row = Math.floor(fromY / g.stride[0]) - lowRow
          const column = Math.floor(fromX / g.stride[1]) - lowColumn
          pixels.push((y * g.width + x) * g.channels, place(row, column))
        }
      }
      if (taps.length > 0 && pixels.length > 0) phases.push({ pixels, taps })
    }
  }
  return phases
}
