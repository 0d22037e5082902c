import { lifConstants, lifWithReset, type ResetReading, runAs, sharedOptions } from '../analysis/index.ts'
import { UsageError } from '../base/index.ts'
import type { Neuron, NeuronOptions } from '../equations/index.ts'
import { neuronFromConfig } from '../neurons/index.ts'
import type { Network } from '../nn/index.ts'
import { chooseNeuron } from '../runs/index.ts'

/** Which neurons a trained network is run with. */
export interface OtherNeuron {
  readonly neuron?: string | undefined
  readonly neuronOptions?: { readonly [name: string]: unknown } | undefined
  readonly reset?: string | undefined
}

/** `soft`, `late`, `hard`, `none`, or a kind with a value: `hard:-0.06`, `leak:-0.06`, `soft:-0.06`. */
export const resetPattern = /^(soft|late|hard|none|(hard|leak|soft):-?(\d+\.?\d*|\.\d+))$/

/**
 * Exchanges a trained network's neurons as options say.
 * @returns lines that tell what was kept and what was not; none where nothing was asked for
 * @throws UsageError for a neuron, an option or a reset that cannot be
 */
export async function exchangeForRun(network: Network, wanted: OtherNeuron): Promise<string[]> {
  const { neuron, neuronOptions, reset } = wanted
  if (neuron === undefined && neuronOptions === undefined && reset === undefined) return []
  const before = network.neuron
  if (!before) {
    throw new UsageError({
      what: `the layers of ${network.name} have different neurons, or none`,
      expected: 'one kind of spiking neuron in all layers',
      next: 'Leave out --neuron, --neuron-options and --reset.',
    })
  }
  const make = (options: NeuronOptions): Promise<Neuron> | Neuron =>
    neuron === undefined
      ? neuronFromConfig({ ...before.config, options: { ...before.config.options, ...options } })
      : chooseNeuron(neuron, options)
  const shared = neuron === undefined ? {} : await sharedOptions(before, make)
  const own = { ...shared, ...neuronOptions } as NeuronOptions
  const after = await withReset(reset, own, make)
  const result = await runAs(network, after)
  const kept = Object.entries(shared)
    .filter(([name]) => !Object.hasOwn(neuronOptions ?? {}, name))
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return [
    `neuron    ${after.name} instead of ${before.name}${reset === undefined ? '' : `, reset ${reset}`}`,
    `kept      ${['weights', 'BatchNorm', ...kept, ...byName(result.kept)].join(', ')}`,
    ...(result.fresh.length > 0 ? [`new       ${byName(result.fresh).join(', ')}`] : []),
    ...(result.dropped.length > 0 ? [`left out  ${byName(result.dropped).join(', ')}`] : []),
    '',
  ]
}

/** Learned parameters of all layers by their own names: `w of 5 layers`. */
function byName(paths: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const path of paths) {
    const name = path.slice(path.lastIndexOf('.') + 1)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].map(([name, count]) => `${name} of ${count} ${count === 1 ? 'layer' : 'layers'}`)
}

async function withReset(
  reset: string | undefined,
  options: NeuronOptions,
  make: (options: NeuronOptions) => Promise<Neuron> | Neuron,
): Promise<Neuron> {
  if (reset === undefined) return make(options)
  const [kind, text] = reset.split(':')
  if (text === undefined) return make({ ...options, reset: kind } as NeuronOptions)
  const value = Number(text)
  if (kind === 'hard') return make({ ...options, reset: { hard: value } })
  const plain = await make(options)
  if (plain.config.neuron === 'lif' && plain.config.definition === undefined)
    return lifWithReset(kind as ResetReading, value, lifConstants(plain))
  throw new UsageError({
    what: `--reset ${reset} is a reading of LIF`,
    expected: '--neuron lif',
    got: plain.name,
    next: `Take --neuron lif, or --reset hard:${text}.`,
  })
}
