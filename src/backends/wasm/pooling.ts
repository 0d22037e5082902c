import {
  mostLevels,
  type PoolKind,
  pool,
  poolArguments,
  poolBackward,
  poolBackwardArguments,
  poolSpikes,
  type Words,
  wordsOf,
} from '../../codegen/index.ts'
import type { PoolOptions } from '../backend.ts'
import { floatWord } from './crew.ts'
import type { Machine } from './machine.ts'
import { withNumbers } from './sequence.ts'
import type { WasmTensor } from './tensors.ts'

/** What one output index of an axis covers: from its first input up to `end`, each times `factor`. */
interface Cell {
  readonly from: number
  readonly end: number
  readonly factor: number
}

function cellsOf(size: number, options: PoolOptions, axis: 0 | 1): Cell[] {
  if (options.kind === 'adaptiveAverage') {
    const count = options.size[axis]
    return Array.from({ length: count }, (_, i) => {
      const from = Math.floor((i * size) / count)
      const end = Math.ceil(((i + 1) * size) / count)
      return { from, end, factor: 1 / (end - from) }
    })
  }
  const { kernel, stride, padding } = options
  const count = Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1
  return Array.from({ length: count }, (_, i) => {
    const from = i * stride[axis] - padding[axis]
    return { from: Math.max(0, from), end: Math.min(size, from + kernel[axis]), factor: 1 / kernel[axis] }
  })
}

const kindOf = (options: PoolOptions): PoolKind => (options.kind === 'max' ? 'max' : 'average')

/** Most inputs of one cell, and the factor that all cells have; null where cells differ, or one is empty. */
function countsOf(axes: readonly (readonly Cell[])[]): { most: number; factor: number } | null {
  if (axes.some((cells) => cells.some((cell) => cell.end <= cell.from || cell.factor !== cells[0].factor))) return null
  const most = axes.map((cells) => Math.max(...cells.map((cell) => cell.end - cell.from)))
  return { most: most[0] * most[1], factor: axes[0][0].factor * axes[1][0].factor }
}

/** Runs `work` with the argument words that both directions share. */
function withTables<R>(
  m: Machine,
  x: WasmTensor,
  options: PoolOptions,
  work: (
    words: (target: number) => Words<typeof poolArguments>,
    shape: number[],
    counts: ReturnType<typeof countsOf>,
  ) => R,
): R {
  const [steps, batch, height, width, channels] = x.shape
  const axes = [cellsOf(height, options, 0), cellsOf(width, options, 1)]
  const tables = axes.map((cells) => cells.flatMap(({ from, end, factor }) => [from, end, floatWord(factor)]))
  return m.scratch(4 * (tables[0].length + tables[1].length), (table) => {
    m.writeWords(table, tables.flat())
    const words = (target: number) => ({
      source: x.address,
      target,
      height,
      width,
      channels,
      outHeight: axes[0].length,
      outWidth: axes[1].length,
      rowTable: table,
      columnTable: table + 4 * tables[0].length,
      scale: floatWord(x.scale),
    })
    return work(words, [steps, batch, axes[0].length, axes[1].length, channels], countsOf(axes))
  })
}

/** The maximum of spikes is a spike, an average of few is a count; all else becomes float32. */
export function runPool(m: Machine, x: WasmTensor, options: PoolOptions): WasmTensor {
  if (x.kind === 'counts') return withNumbers(m, x, (dense) => runPool(m, dense, options))
  return withTables(m, x, options, (words, shape, counts) => {
    const kind = kindOf(options)
    const tasks = shape[0] * shape[1]
    const levels = counts && kind === 'average' ? counts.most : 1
    if (x.kind === 'spikes' && x.scale > 0 && counts && levels <= mostLevels && shape[4] % 4 === 0) {
      const scale = kind === 'average' ? x.scale * counts.factor : x.scale
      const output = m.tensors.make(levels > 1 ? 'counts' : 'spikes', shape, scale, levels)
      m.run(m.kernel(`pool ${kind} to spikes`, poolSpikes, kind), tasks, wordsOf(poolArguments, words(output.address)))
      return output
    }
    const output = m.tensors.make('dense', shape)
    const from = x.kind === 'spikes' ? 'spikes' : 'dense'
    m.run(m.kernel(`pool ${kind} ${from}`, pool, kind, from), tasks, wordsOf(poolArguments, words(output.address)))
    return output
  })
}

export function runPoolBackward(
  m: Machine,
  x: WasmTensor,
  gradient: WasmTensor,
  options: PoolOptions,
  want: 'open' | 'full',
): WasmTensor {
  const kind = kindOf(options)
  // Which value is the maximum, counts do not tell the kernel; their average needs no more than the windows.
  if (x.kind === 'counts' && kind === 'max') {
    return withNumbers(m, x, (dense) => runPoolBackward(m, dense, gradient, options, want))
  }
  return withTables(m, x, options, (words, shape) => {
    const output = m.tensors.make('dense', x.shape)
    const from = x.kind === 'dense' ? 'dense' : 'spikes'
    const kernel = m.kernel(`pool backward ${kind} ${from}`, poolBackward, kind, from)
    const more = { gradient: gradient.address, onlyOpen: want === 'open' ? 1 : 0 }
    m.run(kernel, shape[0] * shape[1], wordsOf(poolBackwardArguments, { ...words(output.address), ...more }))
    return output
  })
}
