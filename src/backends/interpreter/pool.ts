import type { Shape } from '../../base/index.ts'
import type { Handle, PoolOptions } from '../backend.ts'
import { denseOf, type HostHandle, type Memory, openMask, valuesOf } from './memory.ts'

/** What one output cell covers along one axis, inside the image. */
interface Span {
  readonly from: number
  readonly to: number
}

interface Cells {
  readonly rows: readonly Span[]
  readonly columns: readonly Span[]
  /** By what a sum is divided; null: by the number of pixels the cell covers. */
  readonly area: number | null
}

function cellsOf(x: Shape, options: PoolOptions): Cells {
  if (options.kind === 'adaptiveAverage') {
    return { rows: adaptive(x[2], options.size[0]), columns: adaptive(x[3], options.size[1]), area: null }
  }
  const { kernel, stride, padding } = options
  return {
    rows: sliding(x[2], kernel[0], stride[0], padding[0]),
    columns: sliding(x[3], kernel[1], stride[1], padding[1]),
    area: kernel[0] * kernel[1],
  }
}

function sliding(size: number, kernel: number, stride: number, padding: number): Span[] {
  const count = Math.floor((size + 2 * padding - kernel) / stride) + 1
  return Array.from({ length: count }, (_, i) => {
    const from = i * stride - padding
    return { from: Math.max(0, from), to: Math.min(size, from + kernel) }
  })
}

function adaptive(size: number, count: number): Span[] {
  return Array.from({ length: count }, (_, i) => ({
    from: Math.floor((i * size) / count),
    to: Math.ceil(((i + 1) * size) / count),
  }))
}

/** Every output value: its offset, its share of a sum, and the offsets of what it covers, in row-major order. */
function forEachCell(x: Shape, cells: Cells, visit: (out: number, covered: number[], share: number) => void): void {
  const [steps, batch, height, width, channels] = x
  let out = 0
  for (let f = 0; f < steps * batch; f++) {
    for (const row of cells.rows) {
      for (const column of cells.columns) {
        const pixels: number[] = []
        for (let y = row.from; y < row.to; y++) {
          for (let k = column.from; k < column.to; k++) pixels.push(((f * height + y) * width + k) * channels)
        }
        const share = 1 / (cells.area ?? pixels.length)
        for (let c = 0; c < channels; c++, out++) {
          visit(
            out,
            pixels.map((p) => p + c),
            share,
          )
        }
      }
    }
  }
}

/** The first of the largest values. */
function firstMaximum(values: Float64Array, covered: readonly number[]): number {
  let best = covered[0]
  for (const at of covered) if (values[at] > values[best]) best = at
  return best
}

/** Averages are dense; the maximum of spikes is the byte of the first maximum. */
export function pool(memory: Memory, x: HostHandle, options: PoolOptions): Handle {
  const cells = cellsOf(x.shape, options)
  const shape = [x.shape[0], x.shape[1], cells.rows.length, cells.columns.length, x.shape[4]]
  const size = shape.reduce((a, b) => a * b, 1)
  const values = valuesOf(x)
  if (options.kind === 'max' && x.storage.bytes) {
    const source = x.storage.bytes
    const bytes = new Uint8Array(size)
    forEachCell(x.shape, cells, (o, covered) => (bytes[o] = source[firstMaximum(values, covered)]))
    return memory.spikes(shape, bytes, x.scale)
  }
  const out = new Float64Array(size)
  forEachCell(x.shape, cells, (o, covered, share) => {
    if (options.kind === 'max') out[o] = values[firstMaximum(values, covered)]
    else for (const at of covered) out[o] += values[at] * share
  })
  return memory.wrap(shape, out)
}

export function poolBackward(
  memory: Memory,
  x: HostHandle,
  gradient: HostHandle,
  options: PoolOptions,
  want: 'open' | 'full',
): Handle {
  const values = valuesOf(x)
  const g = denseOf(gradient)
  const result = new Float64Array(values.length)
  forEachCell(x.shape, cellsOf(x.shape, options), (o, covered, share) => {
    if (options.kind === 'max') result[firstMaximum(values, covered)] += g[o]
    else for (const at of covered) result[at] += g[o] * share
  })
  const mask = openMask(x, want)
  if (mask) for (let i = 0; i < result.length; i++) if (!(mask[i] & 2)) result[i] = 0
  return memory.wrap(x.shape, result)
}
