import { sizeOf, UsageError } from '../base/index.ts'
import { defineNeuron, hasNeurons, type Neuron } from '../equations/index.ts'
import type { Network } from '../nn/index.ts'
import { type SpikingOptions, spiking } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'

/** Some neurons of a layer, and what they received. */
export interface LayerSample {
  readonly path: string
  readonly neuron: Neuron
  /** Neurons. Whole pixels are taken, so neuron i belongs to channel i % C. */
  readonly M: number
  /** Where each is in a step of the layer, [M]. */
  readonly places: readonly number[]
  /** Currents after BatchNorm, [T, M]. */
  readonly x: Float64Array
  /** Learnable parameters by name. */
  readonly parameters: { readonly [name: string]: ArrayLike<number> }
}

const identity = defineNeuron({ name: 'identity', equations: 's = x' })()

/**
 * Runs a batch in evaluation mode and gives, for every layer of neurons, the input currents of some of them.
 * @param x [T or 1, N, ...], on the network's backend
 * @param options `sample`: about how many neurons of each layer, at pixels spread evenly over samples and images
 */
export async function layerSamples(
  network: Network,
  x: Tensor,
  { T, sample }: { readonly T: number; readonly sample: number },
): Promise<LayerSample[]> {
  const { backend } = network
  if (!backend) throw new UsageError({ what: `model "${network.name}" is on no backend`, next: 'Call place() first.' })
  const reads: Promise<LayerSample>[] = []
  const scope = { backend, tape: null }
  const inspect = (path: string, input: Tensor, call: SpikingOptions) => {
    if (call.T !== T) {
      throw new UsageError({
        what: `layer "${path}" runs step by step, with feedback from its own spikes`,
        expected: 'layers whose recursion is their neurons alone',
        next: 'Look at a network without recurrent layers.',
      })
    }
    const probe = { ...call, neuron: identity, parameters: [], state: null, wantState: false }
    const { output } = spiking(scope, input, probe)
    reads.push(
      Promise.all([backend.read(output.handle), ...call.parameters.map((p) => backend.read(p.handle))]).then((all) => {
        backend.release(output.handle)
        return sampleOf(path, call.neuron, output.shape, T, sample, all[0], all.slice(1))
      }),
    )
  }
  const logits = network.forward(x, { ...scope, training: false, T, key: 0, inspect })
  const samples = await Promise.all(reads)
  backend.release(logits.handle)
  return samples
}

function sampleOf(
  path: string,
  neuron: Neuron,
  shape: readonly number[],
  T: number,
  sample: number,
  currents: ArrayLike<number>,
  parameters: readonly ArrayLike<number>[],
): LayerSample {
  const channels = shape[shape.length - 1]
  const size = sizeOf(shape.slice(1))
  const pixels = size / channels
  const taken = Math.max(1, Math.min(pixels, Math.round(sample / channels)))
  const places = Array.from({ length: taken * channels }, (_, i) => {
    const pixel = Math.floor(((Math.floor(i / channels) + 0.5) * pixels) / taken)
    return pixel * channels + (i % channels)
  })
  const M = places.length
  const x = new Float64Array(T * M)
  for (let t = 0; t < T; t++) for (let i = 0; i < M; i++) x[t * M + i] = currents[t * size + places[i]]
  const named = neuron.program.parameters.map((parameter, k) => {
    const values = parameters[k]
    // Of values for each neuron those of the neurons that were taken.
    return [
      parameter.name,
      hasNeurons(parameter) ? places.map((place) => values[place % values.length]) : values,
    ] as const
  })
  return { path, neuron, M, places, x, parameters: Object.fromEntries(named) }
}
