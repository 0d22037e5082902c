import { type Shape, sizeOf } from '../../base/index.ts'
import { wgsl } from '../../codegen/index.ts'
import type { Device } from './device.ts'
import type { Block } from './pool.ts'
import type { GpuTensor, Stored } from './tensors.ts'

/** Partial sums of x [groups, rows, columns], and in how many blocks they are. */
export interface PartialSums {
  readonly partials: Block
  readonly blocks: number
}

/** Makes partial sums and hands them on; their memory is taken back afterwards. */
export function withPartialSums<Result>(
  d: Device,
  kind: wgsl.SumKind,
  x: { readonly block: Block; readonly stored: Stored; readonly scale: number; readonly size: number },
  groups: number,
  columns: number,
  more: { readonly y?: GpuTensor; readonly means?: Block },
  use: (sums: PartialSums) => Result,
): Result {
  const rows = x.size / groups / columns
  const { grid, blocks } = wgsl.sumPlan(rows, columns, groups, d.sums)
  const { y, means } = more
  const stored = { x: x.stored, ...(y ? { y: y.stored } : {}) }
  return d.scratch([8 * groups * blocks * columns], ([partials]) => {
    const key = `sums ${kind} ${Object.values(stored).join(' ')} ${wgsl.columnTile(columns)}`
    const kernel = d.machine.kernel(key, () => wgsl.partialSums(kind, stored, columns, d.sums))
    d.machine.run(
      kernel,
      { x: x.block, result: partials, ...(y ? { y: y.block } : {}), ...(means ? { means } : {}) },
      { rows, columns, blocks, xScale: x.scale, yScale: y?.scale ?? 1 },
      grid,
    )
    return use({ partials, blocks })
  })
}

/** Sums of x [groups, rows, columns] over its rows; the result has the shape given, groups x columns values. */
export function sumRows(
  d: Device,
  x: Parameters<typeof withPartialSums>[2],
  groups: number,
  shape: Shape,
  target = d.tensors.make('dense', shape),
): GpuTensor {
  const columns = sizeOf(shape) / groups
  withPartialSums(d, 'values', x, groups, columns, {}, ({ partials, blocks }) => {
    d.over('finish sums', wgsl.finishValues, groups * columns, { partials, result: target.block }, { blocks, columns })
  })
  return target
}
