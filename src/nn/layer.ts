import { type Random, type Shape, SpikeletError } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'
import type { Pair } from './pair.ts'
import type { Bounds, Layout, Parameter } from './parameter.ts'
import type { Run } from './run.ts'

/** What a layer hands to the next one, without T and N. */
export interface Frame {
  /** [H, W, C] or [C]. */
  readonly shape: Shape
  /** What a Flatten flattened, [H, W, C]. */
  readonly flattened?: Shape
  /** False while every step is the same frame: before the first neuron of a static input. */
  readonly sequence: boolean
  readonly kind: 'dense' | 'spikes'
  /** Most spikes that one value counts, where that is more than 1. */
  readonly levels?: number
  /** Path of the neurons whose output this is, pooled, masked or flattened perhaps; left out: of none alone. */
  readonly source?: string
}

/** JSON from which a layer can be built again. */
export interface LayerConfig {
  readonly type: string
  readonly [option: string]: unknown
}

/** What a layer tells about itself when it is built; summaries and memory forecasts are made from it. */
export interface LayerRow {
  readonly path: string
  readonly type: string
  readonly input: Frame
  readonly output: Frame
  /** Trained numbers. */
  readonly parameters: number
  /** Multiply-adds for one frame, if nothing were sparse. */
  readonly multiplyAdds: number
  /** Whether its output is kept for the way back (a view or a layer that works in place keeps nothing). */
  readonly keepsOutput: boolean
  /** Neurons per sample that are simulated here. */
  readonly neurons: number
  /** Works in training only, as dropout. */
  readonly trainingOnly: boolean
  /** Of a convolution or a pool: size and stride of its windows, and the groups of its channels. */
  readonly windows?: { readonly size: Pair; readonly stride: Pair; readonly groups: number }
}

/** The place of a layer while its network is built: where it makes its parameters and builds its inner layers. */
export interface Site {
  /** Full names; more than one for a layer that is several modules in PyTorch. */
  readonly names: readonly string[]
  /** The layer's own name: the last. */
  readonly path: string
  /** Builds an inner layer under a name, or a name for each of its slots. */
  build(names: string | readonly string[], layer: Layer, input: Frame, label?: string): Frame
  /** Makes a parameter under this layer's name. */
  parameter(
    name: string,
    shape: Shape,
    start: (random: Random) => ArrayLike<number>,
    layout?: Layout,
    bounds?: Bounds,
  ): Parameter
  /** A parameter, or with `trained` false a buffer, under any full name. */
  make(
    path: string,
    shape: Shape,
    start: (random: Random) => ArrayLike<number>,
    layout: Layout,
    trained: boolean,
    bounds?: Bounds,
  ): Parameter
  /** Adds the layer to summaries, or replaces what it told before. */
  row(row: Omit<LayerRow, 'path'>): void
}

/** Whoever follows a layer's way through its inner layers: with shapes when a network is built, tensors, names of a graph. */
export interface Flow<Value> {
  /** Runs one of the layers. */
  apply(layer: Layer, x: Value): Value
  add(a: Value, b: Value): Value
}

/**
 * One layer: maps a whole sequence [T, N, ...] to a whole sequence. It keeps parameters, never state: membranes are
 * born and die inside a call. `build` is called once, by the network, when the shapes are known.
 */
export abstract class Layer {
  /** As configurations and summaries print it: `conv2d`. */
  abstract readonly type: string
  /** Where it is in its network, `blocks.0.conv1`; set when the network is built. */
  path = ''
  /** How errors name it. */
  label = ''

  /** Checks the input, makes parameters and inner layers, returns what comes out. @throws ShapeError */
  abstract build(input: Frame, site: Site): Frame

  abstract forward(x: Tensor, run: Run): Tensor

  /** Its type and options. */
  abstract config(): LayerConfig

  /** The way of a value through its inner layers; null for a layer that has none, or has loops. */
  follow<Value>(_x: Value, _flow: Flow<Value>): Value | null {
    return null
  }

  /** How many names in a Sequential it takes: as many as PyTorch has modules for it. */
  get slots(): number {
    return 1
  }

  /** `forward`, with errors that say where. */
  call(x: Tensor, run: Run): Tensor {
    return inLayer(this.label || this.type, () => this.forward(x, run))
  }
}

/** Runs `work`; an error leaves with `label` in front of its place. */
export function inLayer<Result>(label: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof SpikeletError)) {
      if (!(error instanceof Error)) throw error
      throw new SpikeletError({ what: error.message, place: label, cause: error })
    }
    const { place } = error.parts
    const Kind = error.constructor as typeof SpikeletError
    throw new Kind({
      ...error.parts,
      place: place ? `${label} > ${place}` : label,
      cause: error.parts.cause ?? error,
    })
  }
}
