import { n, overTasks, readArguments, times4 } from './tasks.ts'
import { f32x4, f64x2, i32, type Local, type Value, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/** Sums and sums of squares of columns, in float64: what BatchNorm's statistics are made of. */

export const rowsPerBlock = 256

/** Columns filled up to whole vectors. */
export function paddedColumns(w: Writer, columns: Local): Local {
  return w.i32(i32.and(i32.add(columns, n(w.lanes - 1)), n(-w.lanes)))
}

/**
 * Writes [sums | squares] of `rows` rows of `columns` floats to `to`, columns padded to whole vectors.
 * @param rows at least one
 */
export function sumRows(
  w: Writer,
  from: Value,
  rows: Local,
  columns: Local,
  padded: Local,
  rowBytes: Local,
  to: Local,
): void {
  const [row, column, at] = [w.i32(), w.i32(), w.i32()]
  const base = w.i32(from)
  const target = w.i32(to)
  const halves = [0, 1].map(() => ({ sum: w.wide(), square: w.wide() }))
  w.for(column, n(0), columns, n(w.lanes), () => {
    for (const { sum, square } of halves) for (const total of [sum, square]) w.set(total, f32x4.const(0))
    w.set(at, i32.add(base, times4(column)))
    w.for(row, n(0), rows, n(1), () => {
      halves.forEach(({ sum, square }, half) => {
        const x = w.wide(wide.loadDoubles(at, (w.bytes / 2) * half))
        w.set(sum, f64x2.add(sum, x))
        w.set(square, f64x2.add(square, f64x2.mul(x, x)))
      })
      w.set(at, i32.add(at, rowBytes))
    })
    const squares = w.i32(i32.add(target, i32.shl(padded, n(3))))
    halves.forEach(({ sum, square }, half) => {
      w.do(wide.store(target, sum, w.bytes * half))
      w.do(wide.store(squares, square, w.bytes * half))
    })
    w.set(target, i32.add(target, n(2 * w.bytes)))
  })
}

export const columnSumArguments = ['tasks', 'rows', 'columns', 'blocks', 'source', 'target'] as const

/** Sums of the columns of a [steps, rows, columns] array: one task is `rowsPerBlock` rows of one step. */
export function columnSums(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, columnSumArguments)
    const [step, row, rows, to] = Array.from({ length: 4 }, () => w.i32())
    const rowBytes = w.i32(times4(a.columns))
    const padded = paddedColumns(w, a.columns)
    overTasks(w, counter, a.tasks, (task) => {
      w.set(step, i32.div(task, a.blocks))
      w.set(row, i32.mul(i32.sub(task, i32.mul(step, a.blocks)), n(rowsPerBlock)))
      w.set(rows, i32.sub(a.rows, row))
      w.if(i32.gtU(rows, n(rowsPerBlock)), () => w.set(rows, n(rowsPerBlock)))
      w.set(to, i32.add(a.target, i32.mul(task, i32.shl(padded, n(4)))))
      const from = i32.add(a.source, i32.mul(i32.add(i32.mul(step, a.rows), row), rowBytes))
      sumRows(w, from, rows, a.columns, padded, rowBytes, to)
    })
  })
}
