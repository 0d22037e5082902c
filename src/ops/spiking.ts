import { record, type Scope } from '../autograd/index.ts'
import type { Handle, NeuronCall, Normalisation } from '../backends/index.ts'
import { ShapeError, sameShape, shapeText } from '../base/index.ts'
import type { LearnableParameter, Neuron, Truncation } from '../equations/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { expectVector } from './shapes.ts'

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
}

/**
 * BatchNorm, if any, and a neuron over all steps.
 * @param x [T or 1, N, H, W, C] or [T or 1, N, C]
 * @returns [T, N, ...]: spikes, or dense where the neuron's output is not one spike; and states where wanted
 * @throws ShapeError
 */
export function spiking(scope: Scope, x: Tensor, options: SpikingOptions): { output: Tensor; state: Tensor[] | null } {
  check(x, options)
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

function check(x: Tensor, options: SpikingOptions): void {
  const { neuron, T, parameters, normalisation, state } = options
  const place = `neuron "${neuron.name}"`
  if (x.shape[0] !== T && x.shape[0] !== 1) {
    throw new ShapeError({
      what: "the neuron's input has another number of steps than the run",
      place,
      expected: `T = ${T}, or 1 frame to repeat`,
      got: shapeText(x.shape),
    })
  }
  const channels = x.shape[x.shape.length - 1]
  neuron.program.parameters.forEach((p, k) => {
    const expected = parameterShape(p, T, channels)
    if (!parameters[k] || !sameShape(parameters[k].shape, expected)) {
      throw new ShapeError({
        what: `parameter "${p.name}", one value a ${p.scope}, does not fit`,
        place,
        expected: shapeText(expected),
        got: parameters[k] ? shapeText(parameters[k].shape) : 'none',
      })
    }
  })
  if (normalisation) {
    expectVector("BatchNorm's weight", normalisation.weight.shape, channels)
    expectVector("BatchNorm's bias", normalisation.bias.shape, channels)
  }
  state?.forEach((s, k) => {
    if (sameShape(s.shape, x.shape.slice(1))) return
    throw new ShapeError({
      what: `the given state "${neuron.program.states[k]?.name}" does not fit the input`,
      place,
      expected: shapeText(x.shape.slice(1)),
      got: shapeText(s.shape),
    })
  })
}

/** Shape of a learnable parameter for T steps and C channels. */
export function parameterShape(parameter: LearnableParameter, T: number, channels: number): number[] {
  if (parameter.scope === 'layer') return [1]
  if (parameter.scope === 'channel') return [channels]
  return parameter.scope === 'step' ? [T] : [T, channels]
}
