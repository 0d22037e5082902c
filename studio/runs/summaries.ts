import type { EpochSummary, RunSummary, SweepPoint } from 'spikelet/report'
import { type Difference, type ListedRun, saidOf } from './listing.ts'

/** Options that stand for themselves in a picture's axis; others are told in words. */
const shared = ['neuron', 'model', 'dataset', 'seed', 'epochs']

/**
 * A run as pictures want it, from its line in the list and its epochs alone.
 * @param varied in what the runs differ that are drawn together: what is a number becomes an axis, of neurons tau too
 */
export function summaryOf(
  run: ListedRun,
  epochs: readonly EpochSummary[],
  varied: readonly Difference[],
): RunSummary & { point: SweepPoint } {
  const neuron = run.neuron ?? 'unknown'
  const axes: { [name: string]: number } = {}
  const words: string[] = []
  for (const { name } of varied) {
    if (shared.includes(name)) continue
    const own = name === 'T' ? run.T : run.options?.[name]
    if (name === 'neuronOptions') addNeuronOptions(own, axes, words)
    else if (typeof own === 'number') axes[name === 'bptt' ? 'k' : name] = own
    else words.push(`${name} ${saidOf(run, name) || 'as by default'}`)
  }
  return {
    name: run.id,
    neuron,
    model: [run.model, ...words].join(', '),
    dataset: run.dataset ?? 'unknown',
    command: '',
    config: {
      dataset: { targets: run.measure === 'R2' ? 'numbers' : run.measure === 'label accuracy' ? 'labels' : undefined },
    },
    epochs,
    final: {
      testAccuracy: run.accuracy ?? Number.NaN,
      lastEpochTestAccuracy: Number.NaN,
      bestEpoch: run.bestEpoch ?? 0,
      rule: '',
    },
    firingRates: [],
    point: { neuron, axes },
  }
}

function addNeuronOptions(given: unknown, axes: { [name: string]: number }, words: string[]): void {
  for (const [name, value] of Object.entries((given ?? {}) as { readonly [name: string]: unknown })) {
    if (typeof value === 'number') axes[name] = value
    else words.push(`${name} ${JSON.stringify(value)}`)
  }
}
