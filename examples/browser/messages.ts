/** What the page and the worker that trains tell each other. */

export interface Start {
  readonly kind: 'start'
  readonly backend: 'auto' | 'wasm' | 'webgpu'
  /** Where the images lie. */
  readonly data: string
  /** Updates after which training pauses by itself; 0: never. */
  readonly pauseAfter: number
}

export type ToWorker =
  | Start
  | { readonly kind: 'pause' }
  | { readonly kind: 'resume' }
  /** 28 x 28 pixels, 0 to 255: white clothes on black. */
  | { readonly kind: 'ask'; readonly pixels: Uint8Array }

/** One layer's spikes for one image: which fired when. */
export interface LayerSpikes {
  readonly name: string
  readonly height: number
  readonly width: number
  readonly channels: number
  /** [T, height, width, channels], 0 or 1 */
  readonly spikes: Uint8Array
}

export type FromWorker =
  | {
      readonly kind: 'ready'
      /** Such as `WebAssembly, 2 threads`. */
      readonly device: string
      readonly classes: readonly string[]
      /** Test images to pick from, each 28 x 28. */
      readonly samples: readonly { readonly pixels: Uint8Array; readonly label: number }[]
      readonly parameters: number
    }
  | {
      readonly kind: 'update'
      readonly update: number
      readonly epoch: number
      readonly loss: number
      readonly accuracy: number
      readonly imagesPerSecond: number
    }
  | { readonly kind: 'epoch'; readonly epoch: number; readonly validation: number; readonly update: number }
  | { readonly kind: 'paused'; readonly paused: boolean }
  | {
      readonly kind: 'answer'
      /** Mean logits a class, softmaxed. */
      readonly shares: readonly number[]
      readonly layers: readonly LayerSpikes[]
      readonly update: number
    }
  | { readonly kind: 'done'; readonly accuracy: number }
  | { readonly kind: 'failed'; readonly message: string }
