import { columnSumArguments, columnSums, rowsPerBlock, wordsOf } from '../../codegen/index.ts'
import type { Normalisation, RankSums } from '../backend.ts'
import type { Machine } from './machine.ts'
import type { ColumnSums, WasmTensor } from './tensors.ts'

/** Per row of statistics (a time step, or one for all) and channel. */
export interface Statistics {
  /** How many rows: T, or 1 when merged, static or in evaluation. */
  readonly rows: number
  readonly mean: Float64Array
  readonly inverseDeviation: Float64Array
  /** Values that each mean was taken over. */
  readonly count: number
}

/** Adds up what tasks wrote to `source`: `tasksPerStep` times [sums | squares], columns padded to whole vectors. */
export function addTasks(
  m: Machine,
  source: number,
  steps: number,
  tasksPerStep: number,
  columns: number,
  lanes: number,
) {
  const padded = Math.ceil(columns / lanes) * lanes
  const sums = new Float64Array(steps * columns)
  const squares = new Float64Array(steps * columns)
  const partial = m.crew.view.f64
  for (let task = 0; task < steps * tasksPerStep; task++) {
    const from = source / 8 + task * padded * 2
    const to = Math.floor(task / tasksPerStep) * columns
    for (let c = 0; c < columns; c++) {
      sums[to + c] += partial[from + c]
      squares[to + c] += partial[from + padded + c]
    }
  }
  return { sums, squares }
}

/** Sums over [rows] of each step and column of x [steps, rows, columns]. */
export function sumColumns(m: Machine, x: WasmTensor, steps: number, columns: number): ColumnSums {
  const rows = x.size / steps / columns
  const blocks = Math.ceil(rows / rowsPerBlock)
  const lanes = m.lanesDividing(columns)
  return m.scratch(steps * blocks * Math.ceil(columns / lanes) * lanes * 16, (target) => {
    m.run(
      m.vectorKernel(lanes, 'column sums', columnSums),
      steps * blocks,
      wordsOf(columnSumArguments, { rows, columns, blocks, source: x.address, target }),
    )
    return { ...addTasks(m, target, steps, blocks, columns, lanes), rows }
  })
}

/** Batch statistics of x, with the running ones moved towards them; in evaluation the running ones themselves. */
export function statisticsOf(m: Machine, x: WasmTensor, T: number, n: Normalisation): Statistics {
  const channels = x.shape[x.shape.length - 1]
  const runningMean = m.tensors.floats(m.tensors.of(n.runningMean))
  const runningVariance = m.tensors.floats(m.tensors.of(n.runningVariance))
  if (!n.training) {
    const mean = Float64Array.from(runningMean)
    return {
      rows: 1,
      mean,
      inverseDeviation: Float64Array.from(runningVariance, (v) => 1 / Math.sqrt(v + n.eps)),
      count: 0,
    }
  }
  const steps = x.shape[0]
  const own = x.columnSums ?? sumColumns(m, x, steps, channels)
  const { sums, squares, rows } = n.ranks ? sumsOfRanks(own, n.ranks) : own
  const merged = n.statistics === 'merged' && steps > 1
  const groups = merged ? 1 : steps
  const count = merged ? rows * steps : rows
  const mean = new Float64Array(groups * channels)
  const inverseDeviation = new Float64Array(groups * channels)
  // One frame repeated T times moves the running statistics T times at once.
  const repeats = steps === 1 && n.statistics === 'perStep' ? T : 1
  const keep = (1 - n.momentum) ** repeats
  // Merged over T, a repeated frame counts T times.
  const samples = n.statistics === 'merged' && steps === 1 ? count * T : count
  for (let g = 0; g < groups; g++) {
    for (let c = 0; c < channels; c++) {
      let sum = 0
      let square = 0
      for (let s = merged ? 0 : g; s < (merged ? steps : g + 1); s++) {
        sum += sums[s * channels + c]
        square += squares[s * channels + c]
      }
      const mu = sum / count
      const variance = Math.max(0, square / count - mu * mu)
      mean[g * channels + c] = mu
      inverseDeviation[g * channels + c] = 1 / Math.sqrt(variance + n.eps)
      runningMean[c] = keep * runningMean[c] + (1 - keep) * mu
      runningVariance[c] = keep * runningVariance[c] + (1 - keep) * variance * (samples / (samples - 1))
    }
  }
  return { rows: groups, mean, inverseDeviation, count }
}

/** Sums over the rows of all ranks, in one message. */
function sumsOfRanks({ sums, squares, rows }: ColumnSums, ranks: RankSums): ColumnSums {
  const share = ranks.counts ? 1 : 0
  const message = Float64Array.from([rows, ...sums, ...squares], (value) => share * value)
  ranks.sum(message)
  const middle = 1 + sums.length
  return { rows: message[0], sums: message.subarray(1, middle), squares: message.subarray(middle) }
}
