import {
  compressTable,
  copiedAtOnce,
  eventForward,
  eventForwardArguments,
  pixelRecordBytes,
  wordsOf,
} from '../../codegen/index.ts'
import { floatWord } from './crew.ts'
import { align, blocksOf, copySegments, dealing, eventLanes, imageWords } from './event-tasks.ts'
import { type Geometry, perGroup } from './geometry.ts'
import type { Machine } from './machine.ts'
import { addTasks } from './normalisation.ts'
import type { WasmTensor } from './tensors.ts'

/** Room for one batch of merged lists; with the weights of a block it should stay in the second-level cache. */
const mergedBudget = 192 * 1024

/**
 * @param tile most vectors of outputs in one block
 * @param normalised whether the output's columns are summed on the way
 */
export function eventForwardInto(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  weight: WasmTensor,
  bias: WasmTensor | null,
  residual: WasmTensor | null,
  output: WasmTensor,
  tile: number,
  normalised: boolean,
): void {
  const taps = g.kernel[0] * g.kernel[1]
  const pixels = g.outHeight * g.outWidth
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const lanes = eventLanes(m, 'forward', g)
    const { blocks, stride } = blocksOf(outputs, lanes, tile)
    const rows = taps * inputs
    const { imagesPerTask, parts, tasks } = dealing(g.images, pixels, g.outHeight, 128)
    const listOffset = align(4 * (g.height * g.width + 1))
    const mergedOffset = listOffset + align(4 * g.height * g.width * inputs * x.levels + 2 * copiedAtOnce)
    const mergedBytes = mergedBudget + 4 * rows * x.levels + copiedAtOnce
    const pixelsOffset = mergedOffset + align(mergedBytes + 2 * copiedAtOnce)
    const scratchBytes = pixelsOffset + align(pixelRecordBytes * imagesPerTask * pixels)
    const blockBytes = rows * stride
    const steps = output.shape[0]
    const summed = normalised && g.groups === 1
    const sumBytes = summed ? 16 * g.images * parts * Math.ceil(outputs / lanes) * lanes : 0
    const sumsOffset = align(256 + 16 * blocks.length)
    m.scratch(sumsOffset + sumBytes, (table) =>
      m.scratch(blocks.length * blockBytes, (packed) =>
        m.scratch(m.crew.threads * scratchBytes, (scratch) => {
          const compress = table + 16 * blocks.length
          m.writeWords(table, [
            ...blocks.flatMap((b, i) => [packed + i * blockBytes, b.vectors, 4 * b.first, b.tail]),
            ...compressTable(stride, lanes),
          ])
          copySegments(
            m,
            blocks.map((b, i) => ({
              from: weight.address + 4 * (firstOutput + b.first),
              to: packed + i * blockBytes,
              bytes: 4 * lanes * b.vectors,
              rows,
              fromStep: 4 * g.outputs,
              toStep: stride,
            })),
          )
          const kind = residual ? (residual.kind === 'dense' ? 'dense' : 'spikes') : 'none'
          const kernel = m.vectorKernel(lanes, `event forward ${kind} ${x.levels}`, eventForward, kind, x.levels)
          m.run(
            kernel,
            tasks,
            wordsOf(eventForwardArguments, {
              ...imageWords(g, imagesPerTask, x.address + firstInput, inputs),
              kernelHeight: g.kernel[0],
              kernelWidth: g.kernel[1],
              strideY: g.stride[0],
              strideX: g.stride[1],
              paddingY: g.padding[0],
              paddingX: g.padding[1],
              dilationY: g.dilation[0],
              dilationX: g.dilation[1],
              stride,
              table: compress,
              blocks: blocks.length,
              blockTable: table,
              bias: bias ? bias.address + 4 * firstOutput : 0,
              output: output.address + 4 * firstOutput,
              outPixelBytes: 4 * g.outputs,
              residual: residual ? residual.address + firstOutput * (kind === 'dense' ? 4 : 1) : 0,
              residualImages: residual ? residual.shape[0] * residual.shape[1] : 0,
              scratch,
              scratchBytes,
              listOffset,
              mergedOffset,
              mergedBytes,
              pixelsOffset,
              parts,
              scale: floatWord(x.scale),
              residualScale: floatWord(residual?.scale ?? 1),
              sums: summed ? table + sumsOffset : 0,
            }),
          )
          if (summed) {
            const perStep = (g.images / steps) * parts
            const taken = addTasks(m, table + sumsOffset, steps, perStep, outputs, lanes)
            output.columnSums = { ...taken, rows: (g.images / steps) * pixels }
          }
        }),
      ),
    )
  })
}
