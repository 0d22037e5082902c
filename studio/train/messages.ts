import type { NeuronDefinition, NeuronOptions } from 'spikelet/browser'

/** What decides a training, besides the neuron. */
export interface TrainSettings {
  readonly network: 'convolutions' | 'dense'
  readonly T: number
  readonly learningRate: number
  readonly batch: number
  readonly epochs: number
  /** Training images; the rest is left out. */
  readonly images: number
  readonly seed: number
  readonly backend: 'wasm' | 'webgpu'
}

/** Updates after which two people compare their weights. */
export const hashAfter = 50

export type ToEngine =
  | {
      readonly kind: 'start'
      readonly definition: NeuronDefinition
      readonly options: NeuronOptions
      readonly settings: TrainSettings
      /** Address of Fashion-MNIST's embedded part, or somebody's own images or recordings, a folder a class. */
      readonly data: string | readonly { readonly path: string; readonly file: File }[]
      readonly threads: number
      /** A network file to go on from. */
      readonly from?: Uint8Array
    }
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  | { readonly kind: 'save' }
  /** An image, of the size of the data's, 0 to 255. */
  | { readonly kind: 'ask'; readonly pixels: Uint8Array }

/** One layer's output for one image. */
export interface LayerSpikes {
  readonly name: string
  /** [height, width, channels] */
  readonly shape: readonly number[]
  /** [T, height, width, channels] */
  readonly spikes: Uint8Array
}

export type FromEngine =
  | {
      readonly kind: 'ready'
      /** Such as `WebAssembly, 2 threads`. */
      readonly device: string
      readonly classes: readonly string[]
      /** [height, width, channels] */
      readonly shape: readonly number[]
      readonly samples: readonly { readonly pixels: Uint8Array; readonly label: number }[]
      readonly parameters: number
      readonly notes: readonly string[]
    }
  | {
      readonly kind: 'update'
      readonly update: number
      readonly updates: number
      readonly loss: number
      readonly accuracy: number
      readonly imagesPerSecond: number
    }
  | {
      readonly kind: 'epoch'
      readonly epoch: number
      readonly update: number
      readonly accuracy: number
      readonly rates: readonly { readonly layer: string; readonly rate: number }[]
    }
  | { readonly kind: 'hash'; readonly update: number; readonly hash: string }
  | { readonly kind: 'paused'; readonly paused: boolean }
  | { readonly kind: 'saved'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'answer'; readonly shares: readonly number[]; readonly layers: readonly LayerSpikes[] }
  | { readonly kind: 'done'; readonly accuracy: number }
  | { readonly kind: 'failed'; readonly message: string }
