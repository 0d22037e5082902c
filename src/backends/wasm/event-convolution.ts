import {
  channelsPerTask,
  compressTable,
  copiedAtOnce,
  copyRows,
  eventForward,
  eventInputGradient,
  eventWeightGradient,
  expandTable,
  gradientRecordBytes,
  inputPhaseWords,
  maximumVectors,
  packFrames,
  pieceWords,
  pixelRecordBytes,
  placedSegmentBytes,
  segmentOfPieceWords,
} from '../../codegen/index.ts'
import { floatWord } from './crew.ts'
import { type Geometry, perGroup, phaseTaps, reach } from './geometry.ts'
import type { Machine } from './machine.ts'
import { addTasks } from './normalisation.ts'
import type { WasmTensor } from './tensors.ts'

/** Output channels as blocks of vectors that the sums of one pass fit in registers. */
function blocksOf(outputs: number, lanes: number) {
  const vectors = Math.ceil(outputs / lanes)
  const count = Math.ceil(vectors / maximumVectors(lanes))
  const blocks = []
  let first = 0
  for (let i = 0; i < count; i++) {
    const size = Math.ceil((vectors - first) / (count - i))
    const tail = first + size === vectors ? outputs % lanes : 0
    blocks.push({ first: lanes * first, vectors: size, tail })
    first += size
  }
  return { blocks, stride: 4 * lanes * blocks[0].vectors }
}

/** How images are dealt to tasks: several small ones to a task, or parts of a large one when there are few. */
function dealing(images: number, pixels: number, rows: number, pixelsPerTask: number) {
  const least = 12
  const wanted = Math.max(1, Math.round(pixelsPerTask / pixels))
  const imagesPerTask = Math.max(1, Math.min(wanted, Math.floor(images / least)))
  const groups = Math.ceil(images / imagesPerTask)
  const parts = groups >= least ? 1 : Math.min(rows, Math.ceil(least / groups))
  return { imagesPerTask, parts, tasks: groups * parts }
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64

interface Copy {
  readonly from: number
  readonly to: number
  readonly bytes: number
  readonly rows: number
  readonly fromStep: number
  readonly toStep: number
}

/** Rows of a large copy that one task takes. */
const rowsPerSegment = 512

function copySegments(m: Machine, segments: readonly Copy[]): void {
  const words: number[] = []
  for (const s of segments) {
    for (let row = 0; row < s.rows; row += rowsPerSegment) {
      const rows = Math.min(rowsPerSegment, s.rows - row)
      words.push(s.from + row * s.fromStep, s.to + row * s.toStep, s.bytes, rows, s.fromStep, s.toStep)
    }
  }
  m.scratch(4 * words.length, (table) => {
    m.writeWords(table, words)
    m.run(m.kernel('copy rows', copyRows), words.length / 6, [table])
  })
}

/** Room for one batch of merged lists; with the weights of a block it should stay in the second-level cache. */
const mergedBudget = 192 * 1024

/** @param normalised whether the output's columns are summed on the way */
export function eventConvolution(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  weight: WasmTensor,
  bias: WasmTensor | null,
  residual: WasmTensor | null,
  output: WasmTensor,
  normalised: boolean,
): void {
  const taps = g.kernel[0] * g.kernel[1]
  const pixels = g.outHeight * g.outWidth
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const lanes = m.lanesDividing(inputs)
    const { blocks, stride } = blocksOf(outputs, lanes)
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
          m.run(kernel, tasks, [
            g.images,
            imagesPerTask,
            x.address + firstInput,
            g.height,
            g.width,
            g.channels,
            inputs,
            g.outHeight,
            g.outWidth,
            ...g.kernel,
            ...g.stride,
            ...g.padding,
            ...g.dilation,
            stride,
            compress,
            blocks.length,
            table,
            bias ? bias.address + 4 * firstOutput : 0,
            output.address + 4 * firstOutput,
            4 * g.outputs,
            residual ? residual.address + firstOutput * (kind === 'dense' ? 4 : 1) : 0,
            residual ? residual.shape[0] * residual.shape[1] : 0,
            scratch,
            scratchBytes,
            listOffset,
            mergedOffset,
            mergedBytes,
            pixelsOffset,
            parts,
            floatWord(x.scale),
            floatWord(residual?.scale ?? 1),
            summed ? table + sumsOffset : 0,
          ])
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

/**
 * Most bytes of one piece of weights, which should stay in the second-level cache while a batch of pixels reads it; of the
 * first level where a whole row of taps fits there.
 */
const pieceBudget = 256 * 1024
const nearBudget = 64 * 1024

interface Segment {
  readonly shiftRow: number
  readonly shiftColumn: number
  readonly from: number
  readonly end: number
  /** Copies that fill the segment's part of the piece's rows. */
  readonly parts: readonly {
    readonly tap: number
    readonly channel: number
    readonly at: number
    readonly count: number
  }[]
}

type Piece = readonly Segment[]

interface InputPhase {
  readonly firstRow: number
  readonly firstColumn: number
  readonly pieces: readonly Piece[]
}

const valuesOf = (s: Segment): number => s.end - s.from

/** Runs of taps along a row whose gradient values are neighbours, left to right. */
function runsOf(taps: readonly { tap: number; shift: number }[], joined: boolean): { tap: number; shift: number }[][] {
  const runs: { tap: number; shift: number }[][] = []
  for (const tap of [...taps].sort((a, b) => a.shift - b.shift)) {
    const last = runs.at(-1)
    if (joined && last && last[last.length - 1].shift + 1 === tap.shift) last.push(tap)
    else runs.push([tap])
  }
  return runs
}

/** Cuts one run of taps in row `tapRow` into segments of at most `most` values. */
function cutRun(
  run: readonly { tap: number; shift: number }[],
  tapRow: { tap: number; shift: number },
  outputs: number,
  kernelWidth: number,
  most: number,
  lanes: number,
): Segment[] {
  const length = run.length * outputs
  const size = Math.ceil(length / Math.ceil(length / most) / (2 * lanes)) * 2 * lanes
  const segments: Segment[] = []
  for (let from = 0; from < length; from += size) {
    const end = Math.min(length, from + size)
    const parts = []
    for (let at = from; at < end; ) {
      const channel = at % outputs
      const count = Math.min(end - at, outputs - channel)
      parts.push({ tap: tapRow.tap * kernelWidth + run[Math.floor(at / outputs)].tap, channel, at: at - from, count })
      at += count
    }
    segments.push({ shiftRow: tapRow.shift, shiftColumn: run[0].shift, from, end, parts })
  }
  return segments
}

/** Puts neighbouring segments together as long as a piece has room for them. */
function gather(segments: readonly Segment[], most: number): Piece[] {
  const pieces: Segment[][] = []
  let room = 0
  for (const segment of segments) {
    const last = pieces.at(-1)
    if (last && valuesOf(segment) <= room) last.push(segment)
    else {
      pieces.push([segment])
      room = most
    }
    room -= valuesOf(segment)
  }
  return pieces
}

/** Pixels by phase of the stride, and for each phase its taps, gathered in pieces. */
function inputPhases(g: Geometry, inputs: number, outputs: number, lanes: number): InputPhase[] {
  const phases: InputPhase[] = []
  const joined = g.groups === 1
  const longest = Math.max(
    ...runsOf(phaseTaps(0, g.kernel[1], g.stride[1], g.dilation[1]), joined).map((r) => r.length),
  )
  const near = longest * outputs * inputs * 4 <= nearBudget
  const most = Math.max(2 * lanes, Math.floor((near ? nearBudget : pieceBudget) / 4 / inputs))
  // The phase of pixel 0 is that of its padding.
  for (let y = 0; y < Math.min(g.stride[0], g.height); y++) {
    for (let x = 0; x < Math.min(g.stride[1], g.width); x++) {
      const rows = phaseTaps((y + g.padding[0]) % g.stride[0], g.kernel[0], g.stride[0], g.dilation[0])
      const columns = phaseTaps((x + g.padding[1]) % g.stride[1], g.kernel[1], g.stride[1], g.dilation[1])
      const runs = runsOf(columns, joined)
      const segments = rows.flatMap((row) => {
        return runs.flatMap((run) => cutRun(run, row, outputs, g.kernel[1], most, lanes))
      })
      phases.push({ firstRow: y, firstColumn: x, pieces: gather(segments, most) })
    }
  }
  return phases
}

/** Room for one batch of lists of open channels. */
const openListBudget = 128 * 1024

/** Byte offset of a piece's segment in its rows. */
const offsetIn = (piece: Piece, segment: number): number => {
  return piece.slice(0, segment).reduce((sum, s) => sum + 4 * valuesOf(s), 0)
}

/** The kernel's tables, as words. */
function inputTables(
  phases: readonly InputPhase[],
  at: { readonly pieces: number; readonly segments: number; readonly packed: number; readonly pieceBytes: number },
) {
  const words = { phases: [] as number[], pieces: [] as number[], segments: [] as number[] }
  for (const { firstRow, firstColumn, pieces } of phases) {
    words.phases.push(firstRow, firstColumn, pieces.length, at.pieces + 4 * words.pieces.length)
    for (const piece of pieces) {
      const number = words.pieces.length / pieceWords
      const weights = at.packed + number * at.pieceBytes
      words.pieces.push(piece.length, at.segments + 4 * words.segments.length, weights)
      piece.forEach((s, i) => words.segments.push(s.shiftRow, s.shiftColumn, s.from, s.end, offsetIn(piece, i)))
    }
  }
  return words
}

/** dL/dx at open windows, 0 elsewhere. Channels per group must divide by 4. */
export function eventInputGradientInto(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  weight: WasmTensor,
  gradient: WasmTensor,
  result: WasmTensor,
): void {
  const pixels = g.height * g.width
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const lanes = m.lanesDividing(inputs, outputs)
    const phases = inputPhases(g, inputs, outputs, lanes)
    const pieces = phases.flatMap((p) => p.pieces)
    const segments = pieces.flat()
    const widths = pieces.map((piece) => piece.reduce((sum, s) => sum + valuesOf(s), 0))
    const rowStride = 4 * Math.max(2 * lanes, ...widths)
    const pieceBytes = inputs * rowStride
    const { imagesPerTask, parts, tasks } = dealing(g.images, pixels, g.height, 256)
    const batchBytes = openListBudget + 4 * inputs + 128
    const sumsOffset = align(batchBytes + 64)
    const recordsOffset = 2 * sumsOffset
    const segmentsOffset = recordsOffset + align(gradientRecordBytes * imagesPerTask * pixels)
    const scratchBytes = segmentsOffset + align(placedSegmentBytes * Math.max(0, ...pieces.map((p) => p.length)))
    const [pieceTable, phaseTable] = [512, 512 + 4 * pieceWords * pieces.length]
    const segmentTable = phaseTable + 4 * inputPhaseWords * phases.length
    m.scratch(segmentTable + 4 * segmentOfPieceWords * segments.length, (table) =>
      m.scratch(pieces.length * pieceBytes, (packed) =>
        m.scratch(m.crew.threads * scratchBytes, (scratch) => {
          const words = inputTables(phases, {
            pieces: table + pieceTable,
            segments: table + segmentTable,
            packed,
            pieceBytes,
          })
          m.writeWords(table, compressTable(rowStride, lanes))
          m.crew.view.u8.set(expandTable(), table + 256)
          m.writeWords(table + pieceTable, words.pieces)
          m.writeWords(table + phaseTable, words.phases)
          m.writeWords(table + segmentTable, words.segments)
          copySegments(
            m,
            pieces.flatMap((piece, i) =>
              piece.flatMap((segment, j) =>
                segment.parts.map((part) => ({
                  from: weight.address + 4 * (part.tap * inputs * g.outputs + firstOutput + part.channel),
                  to: packed + i * pieceBytes + offsetIn(piece, j) + 4 * part.at,
                  bytes: 4 * part.count,
                  rows: inputs,
                  fromStep: 4 * g.outputs,
                  toStep: rowStride,
                })),
              ),
            ),
          )
          m.run(m.vectorKernel(lanes, 'event input gradient', eventInputGradient, m.relaxed), tasks, [
            g.images,
            imagesPerTask,
            x.address + firstInput,
            g.height,
            g.width,
            g.channels,
            inputs,
            g.outHeight,
            g.outWidth,
            ...g.stride,
            ...g.padding,
            rowStride,
            table,
            table + 256,
            phases.length,
            table + phaseTable,
            gradient.address + 4 * firstOutput,
            4 * g.outputs,
            outputs,
            result.address + 4 * firstInput,
            4 * g.channels,
            scratch,
            scratchBytes,
            sumsOffset,
            recordsOffset,
            segmentsOffset,
            batchBytes,
            parts,
          ])
        }),
      ),
    )
  })
}

/** Pixels whose gradient one group of images holds, about, and most bytes of framed gradients at a time. */
const pixelsPerGroup = 1024
/** Pixels of a group whose gradient rows stay in the nearest cache. */
const bandPixels = 256
const framesBudget = 4 * 2 ** 20

/** Writes dL/dweight to `target`, [kh, kw, inputs, outputs]. Output channels per group must divide by 4. */
export function eventWeightGradientInto(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  gradient: WasmTensor,
  target: WasmTensor,
): void {
  const rows = reach(g, 0)
  const columns = reach(g, 1)
  // A tap that reads nothing but padding is in no phase, and nobody writes its gradient.
  if (!everyTapReads(g)) m.zero(target)
  const frameHeight = rows.count
  const frameWidth = columns.count
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const lanes = m.lanesDividing(outputs)
    const { blocks, stride } = blocksOf(outputs, lanes)
    const frameBytes = frameHeight * frameWidth * stride
    const imagesPerGroup = Math.min(g.images, Math.max(1, Math.floor(pixelsPerGroup / (frameHeight * frameWidth))))
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
            m.run(m.vectorKernel(lanes, 'pack frames', packFrames), count, [
              imagesPerGroup,
              gradient.address + 4 * (first * g.outHeight * g.outWidth * g.outputs + firstOutput),
              g.outHeight,
              g.outWidth,
              4 * g.outputs,
              frames,
              groupBytes,
              frameHeight,
              frameWidth,
              -rows.low,
              -columns.low,
              blocks.length,
              blockTable,
              stride,
            ])
            const imageBytes = g.height * g.width * g.channels
            m.run(kernel, Math.ceil(inputs / perTask), [
              count,
              imagesPerGroup,
              groupBytes,
              x.address + first * imageBytes + firstInput,
              imageBytes,
              g.channels,
              inputs,
              frames,
              frameBytes,
              phases.length,
              phaseTable,
              blocks.length,
              blockTable,
              target.address + 4 * firstOutput,
              4 * g.outputs,
              scratch,
              scratchBytes,
              listBytes,
              floatWord(x.scale),
              bandPixels,
              first === 0 ? 1 : 0,
            ])
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
