import { suggestion, UsageError } from '../base/index.ts'
import type { Network } from '../nn/index.ts'

/** Firing rates, spikes a neuron and step: of all layers of neurons in order, or by the layers' paths. */
export type FiringRates = readonly number[] | Readonly<Record<string, number>>

/**
 * The rate of every layer of neurons, by path.
 * @throws UsageError unless there is exactly one for each, from 0 to the most spikes of a step
 */
export function ratesOf(
  network: Pick<Network, 'name' | 'rows' | 'neurons'>,
  given: FiringRates,
): ReadonlyMap<string, number> {
  const paths = network.rows.filter((row) => row.neurons > 0).map(({ path }) => path)
  const rates = Array.isArray(given) ? inOrder(network.name, paths, given) : byPath(network.name, paths, given)
  for (const [path, rate] of rates) {
    const most = Math.max(1, network.neurons.get(path)?.program.levels ?? 1)
    if (rate >= 0 && rate <= most) continue
    throw new UsageError({
      what: 'a firing rate is a share of neuron-steps',
      place: path,
      expected: `0 to ${most}`,
      got: String(rate),
      next: 'Divide by 100 what is given in percent.',
    })
  }
  return rates
}

function inOrder(name: string, paths: readonly string[], given: readonly number[]): Map<string, number> {
  if (given.length === paths.length) return new Map(paths.map((path, i) => [path, given[i]]))
  throw new UsageError({
    what: `${name} needs a firing rate for each of its layers of neurons`,
    expected: `${paths.length}, in this order: ${paths.join(', ')}`,
    got: String(given.length),
    next: 'Give one for each, or name them by path.',
  })
}

function byPath(name: string, paths: readonly string[], given: FiringRates): Map<string, number> {
  // A recurrent layer's rate is measured under the layer's own name; its neurons stand one name further.
  const named = (path: string) => (paths.includes(`${path}.neurons`) ? `${path}.neurons` : path)
  const entries = Object.entries(given).map(([path, rate]) => [named(path), rate] as const)
  for (const [path] of entries) {
    if (paths.includes(path)) continue
    throw new UsageError({
      what: `${name} has no layer of neurons '${path}'`,
      next: suggestion(path, paths, { list: true }),
    })
  }
  const rates = new Map(entries)
  const missing = paths.filter((path) => !rates.has(path))
  if (missing.length === 0) return rates
  throw new UsageError({
    what: `${name}: layers of neurons without a firing rate`,
    expected: 'one for each layer',
    got: `none for ${missing.join(', ')}`,
    next: 'Add them, or measure a run.',
  })
}
