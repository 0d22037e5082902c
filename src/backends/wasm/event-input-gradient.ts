import {
  compressTable,
  eventInputGradient,
  eventInputGradientArguments,
  expandTable,
  gradientRecordBytes,
  inputPhaseWords,
  pieceWords,
  placedSegmentBytes,
  segmentOfPieceWords,
  wordsOf,
} from '../../codegen/index.ts'
import { align, copySegments, dealing, eventLanes, imageWords } from './event-tasks.ts'
import { type Geometry, perGroup, phaseTaps } from './geometry.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

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
function inputPhases(g: Geometry, inputs: number, outputs: number, lanes: number, tile: number): InputPhase[] {
  const phases: InputPhase[] = []
  const joined = g.groups === 1
  const most = Math.max(2 * lanes, Math.floor(tile / 4 / inputs))
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

/**
 * dL/dx at open windows, 0 elsewhere. Channels per group must divide by 4.
 * @param tile most bytes of one piece of weights, which stays near while a batch of pixels reads it
 */
export function eventInputGradientInto(
  m: Machine,
  g: Geometry,
  x: WasmTensor,
  weight: WasmTensor,
  gradient: WasmTensor,
  result: WasmTensor,
  tile: number,
): void {
  const pixels = g.height * g.width
  perGroup(g, ({ inputs, firstInput, outputs, firstOutput }) => {
    const lanes = eventLanes(m, 'input gradient', g)
    const phases = inputPhases(g, inputs, outputs, lanes, tile)
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
          m.run(
            m.vectorKernel(lanes, 'event input gradient', eventInputGradient, m.relaxed),
            tasks,
            wordsOf(eventInputGradientArguments, {
              ...imageWords(g, imagesPerTask, x.address + firstInput, inputs),
              strideY: g.stride[0],
              strideX: g.stride[1],
              paddingY: g.padding[0],
              paddingX: g.padding[1],
              rowStride,
              compress: table,
              expand: table + 256,
              phases: phases.length,
              phaseTable: table + phaseTable,
              gradient: gradient.address + 4 * firstOutput,
              gradientPixelBytes: 4 * g.outputs,
              outputs,
              result: result.address + 4 * firstInput,
              resultPixelBytes: 4 * g.channels,
              scratch,
              scratchBytes,
              sumsOffset,
              recordsOffset,
              segmentsOffset,
              batchBytes,
              parts,
            }),
          )
        }),
      ),
    )
  })
}
