import { n, overTasks, readArguments } from './tasks.ts'
import { f32x4, i32, type Value, wide } from './value.ts'
import { assemble, type Target } from './writer.ts'

/**
 * Loops that do nothing but the arithmetic of the kernels, as fast as this host lets WebAssembly go: the peak that kernels
 * are measured against. `multiplyAdd`: independent sums in registers. `add`: rows of six vectors from a table that stays in
 * the nearest cache, added into registers, as event kernels do, but without lists. Arguments: tasks, rounds, table.
 */
export type PeakKind = 'multiplyAdd' | 'add'

/** Vector operations in one round of each loop. */
export const operationsPerRound = { multiplyAdd: 10, add: 6 } as const

export function peakLoop(target: Target, counter: number, kind: PeakKind, relaxed: boolean) {
  return assemble(
    target,
    (w, args) => {
      const a = readArguments(w, args, ['tasks', 'rounds', 'table'])
      const round = w.i32()
      const count = kind === 'multiplyAdd' ? operationsPerRound.multiplyAdd : 6
      overTasks(w, counter, a.tasks, (task) => {
        const sums = Array.from({ length: count }, () => w.wide(f32x4.const(0)))
        const x = w.wide(wide.load(a.table))
        const at = w.i32(a.table)
        w.for(round, n(0), a.rounds, n(1), () => {
          if (kind === 'multiplyAdd') for (const sum of sums) w.set(sum, w.multiplyAdd(x, x, sum))
          else {
            sums.forEach((sum, v) => w.set(sum, f32x4.add(sum, wide.load(at, w.bytes * v))))
            w.set(at, i32.add(a.table, i32.and(i32.mul(round, n(6 * w.bytes)), n(8191 & ~63))))
          }
        })
        // Stored, so that no compiler may leave the sums out.
        const to = w.i32(i32.add(a.table, i32.add(n(16384), i32.mul(task, n(w.bytes)))))
        w.do(
          wide.store(
            to,
            sums.slice(1).reduce((total, sum) => f32x4.add(total, sum), sums[0] as Value),
          ),
        )
      })
    },
    relaxed,
  )
}
