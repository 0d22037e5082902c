import { record, type Scope } from '../autograd/index.ts'
import type { Handle, NeuronCall, Normalisation } from '../backends/index.ts'
import type { Neuron, NoiseRun, Truncation } from '../equations/index.ts'
import type { Tensor } from '../tensor/index.ts'

/** BatchNorm in front of a neuron; vectors of shape [C]. */
export interface SpikingNormalisation extends Omit<Normalisation, 'weight' | 'bias'> {
  readonly weight: Tensor
  readonly bias: Tensor
}

export interface SpikingOptions {
  readonly neuron: Neuron
  /** Steps to run; x has as many, or 1 frame that is repeated. */
  readonly T: number
  /** Learnable parameters of the neuron, in its order. */
  readonly parameters: readonly Tensor[]
  readonly normalisation: SpikingNormalisation | null
  /** States before the first step, each [N, H, W, C] or [N, C]; null: fresh. */
  readonly state: readonly Tensor[] | null
  /** Whether the states after the last step are wanted. */
  readonly wantState: boolean
  /** How far back in time gradients travel; null or left out: all the way. */
  readonly truncation?: Truncation | null
  /** Which numbers `noise()` draws; null or left out: it is 0. */
  readonly noise?: NoiseRun | null
}

/**
 * BatchNorm, if any, and a neuron over all steps.
 * @param x [T or 1, N, H, W, C] or [T or 1, N, C]
 * @returns [T, N, ...]: spikes, or dense where the neuron's output is not one spike; and states where wanted
 * @throws ShapeError
 */
export function spiking(scope: Scope, x: Tensor, options: SpikingOptions): { output: Tensor; state: Tensor[] | null } {
  const { backend, tape } = scope
  const { normalisation: norm, parameters } = options
  const call: NeuronCall = {
    neuron: options.neuron,
    T: options.T,
    parameters: parameters.map((p) => p.handle),
    normalisation: norm && { ...norm, weight: norm.weight.handle, bias: norm.bias.handle },
    state: options.state?.map((s) => s.handle) ?? null,
    wantState: options.wantState,
    wantBackward: tape !== null,
    truncation: options.truncation ?? null,
    noise: options.noise ?? null,
  }
  const result = backend.neuron(x.handle, call)
  const saved = result.saved
  const [output, ...state] = record(scope, {
    name: 'spiking',
    inputs: [x, ...parameters, norm?.weight ?? null, norm?.bias ?? null, ...(options.state ?? [])],
    outputs: [result.output, ...(result.state ?? [])],
    saved: saved?.handles ?? [],
    ownWindows: true,
    backward: ([g, ...last]) => {
      if (!saved) return []
      const made: Handle[] = []
      const gradientOr = (given: Handle | null, like: Handle) => {
        if (given) return given
        const zero = backend.tensor(like.shape, null)
        made.push(zero)
        return zero
      }
      const states = last.some((s) => s !== null) ? last.map((s, k) => gradientOr(s, state[k].handle)) : null
      const gradient = gradientOr(g, output.handle)
      const r = backend.neuronBackward(x.handle, output.handle, saved, gradient, states, call)
      for (const zero of made) backend.release(zero)
      return [
        r.input,
        ...r.parameters,
        r.normalisation?.weight ?? null,
        r.normalisation?.bias ?? null,
        ...(r.state ?? []),
      ]
    },
  })
  return { output, state: options.wantState ? state : null }
}
