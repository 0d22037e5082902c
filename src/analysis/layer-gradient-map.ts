import { Tape } from '../autograd/index.ts'
import type { Backend, Handle } from '../backends/index.ts'
import { sizeOf, UsageError } from '../base/index.ts'
import { linearise } from '../equations/index.ts'
import { type Loss, tetLoss } from '../losses/index.ts'
import { type Network, temporalMatrix } from '../nn/index.ts'
import { loss as lossOf, slice } from '../ops/index.ts'
import { inputTensor, type Tensor } from '../tensor/index.ts'
import type { GradientMap, NeuronGradientMap } from './gradient-map.ts'
import { type LayerSample, layerSamples } from './layer-samples.ts'
import { gradientParts, type Seed, unitSeed } from './parts.ts'

export interface LayerGradientMapOptions {
  readonly T: number
  /**
   * `local`: each layer's own recursion, dL/ds[t'] = 1. `end-to-end`: the loss of step t' alone, back through the whole
   * network, one backward pass per step. Default local.
   */
  readonly kind?: 'local' | 'end-to-end'
  /** [N]: needed end-to-end. */
  readonly labels?: ArrayLike<number>
  /** Of each step's logits, end-to-end. Default: the paper's. */
  readonly loss?: Loss
  /** About how many neurons of each layer are looked at, at places spread evenly. Default 1024. */
  readonly sample?: number
}

/**
 * Gradient maps of every layer of neurons for a batch, in evaluation mode: nothing of the network changes.
 * @param x [T or 1, N, ...], on the network's backend
 * @throws UsageError where the network is on no backend, or labels are missing
 */
export async function layerGradientMap(
  network: Network,
  x: Tensor,
  options: LayerGradientMapOptions,
): Promise<GradientMap> {
  const { T, kind = 'local', sample = 1024 } = options
  const backend = network.backend
  if (!backend) throw new UsageError({ what: `model "${network.name}" is on no backend`, next: 'Call place() first.' })
  const layers = await layerSamples(network, x, { T, sample })
  const seeds = kind === 'local' ? null : await stepwiseGradients(network, x, backend, layers, options)
  const maps: NeuronGradientMap[] = layers.map((layer) => mapOf(network, layer, T, seeds?.get(layer.path) ?? unitSeed))
  return {
    type: 'gradientMap',
    T,
    unit: kind === 'local' ? "d s[t'] / d x[t]" : "d L[t'] / d x[t]",
    about:
      `${network.name}, ${kind}, ${x.shape[1]} samples, ` +
      `means over at most ${Math.max(...layers.map(({ M }) => M))} neurons a layer`,
    maps,
  }
}

function mapOf(network: Network, layer: LayerSample, T: number, seed: Seed): NeuronGradientMap {
  const { neuron, path, M, x, parameters } = layer
  const weights = neuron.temporal && network.parameter(`${path}.temporal.weight`).values
  const mixing = neuron.temporal && weights ? temporalMatrix(neuron.temporal, T, weights) : null
  const lines = linearise(neuron, x, { T, parameters })
  return { name: path, M, ...gradientParts(lines, seed, mixing) }
}

/** For each step's loss alone, dL/ds of the sampled neurons of every layer. */
async function stepwiseGradients(
  network: Network,
  x: Tensor,
  backend: Backend,
  layers: readonly LayerSample[],
  { T, labels, loss = tetLoss() }: LayerGradientMapOptions,
): Promise<ReadonlyMap<string, Seed>> {
  if (!labels) throw new UsageError({ what: 'gradients end to end come from a loss', next: 'Pass the labels, [N].' })
  const found = new Map(layers.map(({ path }) => [path, [] as Float64Array[]]))
  for (let source = 0; source < T; source++) {
    backend.beginStep()
    try {
      const tape = new Tape(backend)
      const outputs = new Map<string, Tensor>()
      const observe = (path: string, output: Tensor) => {
        outputs.set(path, output)
        tape.want(output)
      }
      const scope = { backend, tape }
      const logits = network.forward(x, { ...scope, training: false, T, key: 0, observe })
      const step = slice(scope, logits, source, source + 1)
      const targets = backend.tensor([labels.length, logits.shape[2]], loss.targets(labels, logits.shape[2]))
      const gradients = tape.backward(lossOf(scope, step, inputTensor(targets), loss.options(1)))
      for (const layer of layers) {
        const handle = gradients.get(outputs.get(layer.path) as Tensor) as Handle | undefined
        found.get(layer.path)?.push(await sampled(backend, handle, layer, T))
      }
    } finally {
      backend.endStep()
    }
  }
  return new Map([...found].map(([path, values]) => [path, seedOf(values)]))
}

async function sampled(backend: Backend, handle: Handle | undefined, layer: LayerSample, T: number) {
  const result = new Float64Array(T * layer.M)
  if (!handle) return result
  const values = await backend.read(handle)
  const size = sizeOf(handle.shape.slice(1))
  for (let t = 0; t < T; t++) layer.places.forEach((at, i) => (result[t * layer.M + i] = values[t * size + at]))
  return result
}

function seedOf(values: readonly Float64Array[]): Seed {
  const T = values.length
  const M = values[0].length / T
  return (source, t, i) => values[source][t * M + i]
}
