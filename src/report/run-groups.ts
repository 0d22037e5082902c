import type { EpochSummary, RunSummary } from './run-summary.ts'

/** Runs that differ in nothing but their seed: drawn as one curve. */
export interface RunGroup {
  label: string
  colour: number
  runs: RunSummary[]
}

/** Groups runs by neuron, model and data set; a group's label names what differs between groups. */
export function groupRuns(runs: readonly RunSummary[]): RunGroup[] {
  const several = (key: 'model' | 'dataset') => new Set(runs.map((run) => run[key])).size > 1
  const parts = (['model', 'dataset'] as const).filter(several)
  const groups = new Map<string, RunGroup>()
  for (const run of runs) {
    const label = [run.neuron, ...parts.map((part) => run[part])].join(', ')
    const group = groups.get(label) ?? { label, colour: groups.size, runs: [] }
    group.runs.push(run)
    groups.set(label, group)
  }
  return [...groups.values()]
}

export interface Statistics {
  mean: number
  low: number
  high: number
  /** Sample standard deviation; 0 for a single value. */
  deviation: number
  count: number
}

/** Of at least one value. */
export function statisticsOf(values: readonly number[]): Statistics {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const deviation = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0
  return { mean, low: Math.min(...values), high: Math.max(...values), deviation, count: values.length }
}

/** A group's values epoch by epoch; epochs without any are left out. */
export function epochStatistics(
  group: RunGroup,
  pick: (epoch: EpochSummary) => number | undefined,
): { epoch: number; statistics: Statistics }[] {
  const byEpoch = new Map<number, number[]>()
  for (const run of group.runs) {
    for (const epoch of run.epochs) {
      const value = pick(epoch)
      if (value === undefined || !Number.isFinite(value)) continue
      byEpoch.set(epoch.epoch, [...(byEpoch.get(epoch.epoch) ?? []), value])
    }
  }
  return [...byEpoch].sort(([a], [b]) => a - b).map(([epoch, values]) => ({ epoch, statistics: statisticsOf(values) }))
}
