import { coloursOf } from './palette.ts'
import type { EpochSummary, RunSummary } from './run-summary.ts'

/** Runs that differ in nothing but their seed: drawn as one curve. */
export interface RunGroup {
  label: string
  /** Of the neuron. */
  colour: number
  /** In 0..1: tells groups of one neuron apart. */
  opacity: number
  runs: RunSummary[]
}

/** Groups runs by neuron, model, data set and place in a sweep; a group's label names what differs between groups. */
export function groupRuns(runs: readonly RunSummary[]): RunGroup[] {
  const several = (key: 'model' | 'dataset') => new Set(runs.map((run) => run[key])).size > 1
  const parts = (['model', 'dataset'] as const).filter(several)
  const colours = coloursOf(runs.map(neuronOf))
  const groups = new Map<string, RunGroup>()
  for (const run of runs) {
    const label = [neuronOf(run), ...axesOf(run), ...parts.map((part) => run[part])].join(', ')
    const group = groups.get(label) ?? { label, colour: colours.get(neuronOf(run)) ?? 0, opacity: 1, runs: [] }
    group.runs.push(run)
    groups.set(label, group)
  }
  const all = [...groups.values()]
  for (const colour of colours.values()) {
    const own = all.filter((group) => group.colour === colour)
    own.forEach((group, i) => {
      group.opacity = own.length === 1 ? 1 : 0.35 + (0.65 * (i + 1)) / own.length
    })
  }
  return all
}

/** The neuron of a run, without what a sweep varies besides. */
export function neuronOf({ neuron, point }: RunSummary): string {
  return point?.neuron ?? neuron
}

function axesOf({ point }: RunSummary): string[] {
  return Object.entries(point?.axes ?? {}).map(([name, value]) => `${name} = ${value}`)
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
