import { lifWithReset, type ResetReading, runAs, sharedOptions } from '../../analysis/index.ts'
import { UsageError } from '../../base/index.ts'
import type { Neuron, NeuronOptions } from '../../equations/index.ts'
import { neuronFromConfig } from '../../neurons/index.ts'
import type { Network } from '../../nn/index.ts'
import { chooseNeuron } from '../choose-neuron.ts'

/** Which neurons a trained network is run with. */
export interface OtherNeuron {
  readonly neuron?: string | undefined
  readonly neuronOptions?: { readonly [name: string]: unknown } | undefined
  readonly reset?: string | undefined
}

/** `soft`, `hard`, `none`, or a kind with a value: `hard:-0.06`, `leak:-0.06`, `soft:-0.06`. */
export const resetPattern = /^(soft|hard|none|(hard|leak|soft):-?(\d+\.?\d*|\.\d+))$/

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
      next: 'leave out --neuron, --neuron-options and --reset',
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
  const list = (paths: readonly string[]) => paths.join(', ') || 'none'
  const kept = Object.entries(shared).filter(([name]) => !Object.hasOwn(neuronOptions ?? {}, name))
  return [
    `neuron    ${after.name} instead of ${before.name}${reset === undefined ? '' : `, reset ${reset}`}`,
    `kept      ${list([...kept.map(([name, value]) => `${name} ${JSON.stringify(value)}`), ...result.kept])}`,
    ...(result.fresh.length > 0 ? [`new       ${list(result.fresh)}`] : []),
    ...(result.dropped.length > 0 ? [`left out  ${list(result.dropped)}`] : []),
    '',
  ]
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
  const { tau, threshold, ...others } = options as { tau?: number; threshold?: number }
  if (plain.config.neuron === 'lif' && plain.config.definition === undefined && Object.keys(others).length === 0) {
    return lifWithReset(kind as ResetReading, value, {
      ...(tau === undefined ? {} : { tau }),
      ...(threshold === undefined ? {} : { threshold }),
    })
  }
  throw new UsageError({
    what: `--reset ${reset} is a reading of LIF with its constants alone`,
    expected: '--neuron lif',
    got: [plain.name, ...Object.keys(others)].join(', '),
    next: `take --neuron lif, or --reset hard:${text}`,
  })
}
