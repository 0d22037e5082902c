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

export type FromWorker =
  | {
      readonly kind: 'ready'
      /** Such as `WebAssembly, 2 threads`. */
      readonly device: string
      readonly classes: readonly string[]
      /** Test images to pick from, each 28 x 28. */
      readonly samples: readonly { readonly pixels: Uint8Array; readonly label: number }[]
    }
  | { readonly kind: 'update'; readonly update: number; readonly loss: number }
  | { readonly kind: 'paused'; readonly paused: boolean }
  /** A share for each class, together 1. */
  | { readonly kind: 'answer'; readonly shares: readonly number[] }
  | { readonly kind: 'done'; readonly accuracy: number }
  | { readonly kind: 'failed'; readonly message: string }
