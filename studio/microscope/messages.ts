import type { Arrivals } from 'spikelet/analysis'

/** What somebody dropped: read in a worker, so that a large file does not stop the page. */
export type ToMicroscope =
  | { readonly kind: 'open'; readonly name: string; readonly bytes: Uint8Array; readonly dt: number | null }
  | { readonly kind: 'run'; readonly input: MicroscopeInput; readonly T: number }
  | { readonly kind: 'neuron'; readonly layer: number; readonly place: number }
  | { readonly kind: 'readings'; readonly expected: Uint8Array | null }

export type MicroscopeInput =
  | { readonly kind: 'poisson'; readonly rate: number; readonly seed: number }
  /** Grey pixels, 0 to 255, of the frame's height and width. */
  | { readonly kind: 'pixels'; readonly pixels: Uint8Array }
  /** A test image of Fashion-MNIST's embedded part, which lies at the address. */
  | { readonly kind: 'fashion-mnist'; readonly address: string; readonly sample: number }
  /** An array of numbers (.npy), or a recording of an event camera. */
  | { readonly kind: 'file'; readonly name: string; readonly bytes: Uint8Array; readonly sample: number }

export interface LayerRowText {
  readonly path: string
  readonly type: string
  readonly output: string
  readonly parameters: number
}

export interface LayerRun {
  readonly path: string
  /** [height, width, channels], or [N]. */
  readonly shape: readonly number[]
  /** [T, ...shape] */
  readonly output: Float32Array
  readonly rate: number
}

export type FromMicroscope =
  | {
      readonly kind: 'opened'
      readonly name: string
      readonly what: string
      readonly input: readonly number[]
      readonly T: number
      readonly classes: readonly string[]
      readonly rows: readonly LayerRowText[]
      readonly notes: readonly string[]
      /** The step that a NIR graph is run with; null for anything else. */
      readonly dt: number | null
    }
  | {
      readonly kind: 'tensors'
      readonly name: string
      readonly what: string
      readonly tensors: readonly (readonly [string, string])[]
      readonly notes: readonly string[]
    }
  | {
      readonly kind: 'ran'
      readonly T: number
      /** What was shown to the network, as a layer; images without their normalisation. */
      readonly input: LayerRun
      /** What is known of the input, such as its class. */
      readonly inputText: string
      readonly layers: readonly LayerRun[]
      readonly outputs: readonly number[]
      /** Of all steps; null where it cannot be counted. */
      readonly cost: {
        readonly accumulates: number
        readonly multiplyAccumulates: number
        readonly picojoules: number
      } | null
    }
  | {
      readonly kind: 'potential'
      readonly layer: number
      readonly place: number
      readonly x: Float64Array
      readonly potential: Float64Array
      readonly threshold: Float64Array
      readonly s: Float64Array
      readonly name: string
    }
  | {
      readonly kind: 'arrivals'
      /** The number of its layer among those with neurons. */
      readonly number: number
      readonly arrivals: Arrivals
    }
  | {
      readonly kind: 'readings'
      readonly rows: readonly {
        readonly text: string
        readonly spikes: number
        /** Where it first does, in words. */
        readonly differs: string
      }[]
      readonly compared: boolean
    }
  | { readonly kind: 'failed'; readonly message: string }
