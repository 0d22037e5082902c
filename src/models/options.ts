import { type Shape, ShapeError, shapeText } from '../base/index.ts'
import type { Neuron } from '../equations/index.ts'
import { Spiking } from '../nn/index.ts'

/** What every model takes. */
export interface ModelOptions {
  /** Shape of a frame, [H, W, C]. */
  readonly input: Shape
  readonly classes: number
  /** Each layer gets its own learnable parameters. */
  readonly neuron: Neuron
  /** Default 0. */
  readonly dropout?: number
  /** BatchNorm's statistics: of each step, as published, or of all. Default perStep. */
  readonly normalisation?: 'perStep' | 'merged'
  /** Start values come from it. Default 1. */
  readonly seed?: number
  /** Neurons of each hidden layer, of models that let them be chosen: dense, recurrent. */
  readonly hidden?: readonly number[]
  /** Steps, for neurons whose parameters depend on them. */
  readonly T?: number
}

/** BatchNorm and neurons, as all models have them after their convolutions. */
export function normAndNeuron({ neuron, normalisation = 'perStep', T }: ModelOptions): Spiking {
  return new Spiking({ neuron, normalisation, ...(T === undefined ? {} : { T }) })
}

/** @throws ShapeError for anything but images of at least `least` pixels each way */
export function checkImage(model: string, input: Shape, least: number): void {
  if (input.length === 3 && input[0] >= least && input[1] >= least) return
  throw new ShapeError({
    what: `model "${model}" needs larger images`,
    expected: `[H, W, C] with H and W of at least ${least}`,
    got: shapeText(input),
    next: 'The models "dense" and "recurrent" take frames of any shape, also 1xN.',
  })
}

/** The options as a configuration holds them. */
export function optionsConfig(options: ModelOptions): { readonly [name: string]: unknown } {
  const { seed: _, neuron, ...rest } = options
  return { ...rest, neuron: neuron.config }
}
