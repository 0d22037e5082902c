import { copyRows, maximumVectors } from '../../codegen/index.ts'
import type { Pass } from '../kernel-choice.ts'
import type { Geometry } from './geometry.ts'
import type { Machine } from './machine.ts'

/** What the event kernels' calls have in common: blocks of outputs, tasks, weights copied to where kernels want them. */

/** Lanes of the event kernels of a pass: as wide as the channels allow that they read or write whole. */
export function eventLanes(m: Machine, pass: Pass, g: Geometry): number {
  const [inputs, outputs] = [g.channels / g.groups, g.outputs / g.groups]
  if (pass === 'forward') return m.lanesDividing(inputs)
  return pass === 'weight gradient' ? m.lanesDividing(outputs) : m.lanesDividing(inputs, outputs)
}

/** Output channels as blocks of at most so many vectors, which the sums of one pass fit in registers. */
export function blocksOf(outputs: number, lanes: number, most = maximumVectors(lanes)) {
  const vectors = Math.ceil(outputs / lanes)
  const count = Math.ceil(vectors / Math.min(most, maximumVectors(lanes)))
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
export function dealing(images: number, pixels: number, rows: number, pixelsPerTask: number) {
  const least = 12
  const wanted = Math.max(1, Math.round(pixelsPerTask / pixels))
  const imagesPerTask = Math.max(1, Math.min(wanted, Math.floor(images / least)))
  const groups = Math.ceil(images / imagesPerTask)
  const parts = groups >= least ? 1 : Math.min(rows, Math.ceil(least / groups))
  return { imagesPerTask, parts, tasks: groups * parts }
}

/** What event kernels over images are told of them; `x` is the address of the group's first channel. */
export function imageWords(g: Geometry, imagesPerTask: number, x: number, channels: number) {
  const { images, height, width, outHeight, outWidth } = g
  return { images, imagesPerTask, x, height, width, pixelBytes: g.channels, channels, outHeight, outWidth }
}

export const align = (bytes: number): number => Math.ceil(bytes / 64) * 64

export interface Copy {
  readonly from: number
  readonly to: number
  readonly bytes: number
  readonly rows: number
  readonly fromStep: number
  readonly toStep: number
}

/** Rows of a large copy that one task takes. */
const rowsPerSegment = 512

export function copySegments(m: Machine, segments: readonly Copy[]): void {
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
