import { ShapeError, shapeText } from '../../base/index.ts'
import { type PoolKind, pool, poolBackward } from '../../codegen/index.ts'
import type { PoolOptions } from '../backend.ts'
import { floatWord } from './crew.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

/** Per output index of one axis: first input, end, factor. */
interface AxisTable {
  readonly count: number
  readonly words: number[]
}

function axisTable(size: number, options: PoolOptions, axis: 0 | 1): AxisTable {
  const words: number[] = []
  if (options.kind === 'adaptiveAverage') {
    const count = options.size[axis]
    for (let i = 0; i < count; i++) {
      const from = Math.floor((i * size) / count)
      const to = Math.ceil(((i + 1) * size) / count)
      words.push(from, to, floatWord(1 / (to - from)))
    }
    return { count, words }
  }
  const { kernel, stride, padding } = options
  const count = Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1
  for (let i = 0; i < count; i++) {
    const from = i * stride[axis] - padding[axis]
    words.push(Math.max(0, from), Math.min(size, from + kernel[axis]), floatWord(1 / kernel[axis]))
  }
  return { count, words }
}

const kindOf = (options: PoolOptions): PoolKind => (options.kind === 'max' ? 'max' : 'average')

/** Runs `work` with the argument words that both directions share. */
function withTables<R>(
  m: Machine,
  x: WasmTensor,
  options: PoolOptions,
  work: (words: (target: number) => number[], shape: number[]) => R,
): R {
  if (x.shape.length !== 5) {
    throw new ShapeError({ what: 'pooling needs images', expected: '[T, N, H, W, C]', got: shapeText(x.shape) })
  }
  const [steps, batch, height, width, channels] = x.shape
  const rows = axisTable(height, options, 0)
  const columns = axisTable(width, options, 1)
  return m.scratch(4 * (rows.words.length + columns.words.length), (table) => {
    m.writeWords(table, [...rows.words, ...columns.words])
    const words = (target: number) => [
      x.address,
      target,
      height,
      width,
      channels,
      rows.count,
      columns.count,
      table,
      table + 4 * rows.words.length,
      floatWord(x.scale),
    ]
    return work(words, [steps, batch, rows.count, columns.count, channels])
  })
}

export function runPool(m: Machine, x: WasmTensor, options: PoolOptions): WasmTensor {
  return withTables(m, x, options, (words, shape) => {
    const output = m.tensors.make('dense', shape)
    const kind = kindOf(options)
    m.run(m.kernel(`pool ${kind} ${x.kind}`, pool, kind, x.kind), shape[0] * shape[1], words(output.address))
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
  return withTables(m, x, options, (words, shape) => {
    const output = m.tensors.make('dense', x.shape)
    const kind = kindOf(options)
    const kernel = m.kernel(`pool backward ${kind} ${x.kind}`, poolBackward, kind, x.kind)
    m.run(kernel, shape[0] * shape[1], [...words(output.address), gradient.address, want === 'open' ? 1 : 0])
    return output
  })
}
