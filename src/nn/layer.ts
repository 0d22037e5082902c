import { type Shape, SpikeletError } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'
import type { Run } from './run.ts'
import type { Site } from './site.ts'

/** What a layer hands to the next one, without T and N. */
export interface Frame {
  /** [H, W, C] or [C]. */
  readonly shape: Shape
  /** What a Flatten flattened, [H, W, C]. */
  readonly flattened?: Shape
  /** False while every step is the same frame: before the first neuron of a static input. */
  readonly sequence: boolean
  readonly kind: 'dense' | 'spikes'
}

/** JSON from which a layer can be built again. */
export interface LayerConfig {
  readonly type: string
  readonly [option: string]: unknown
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
