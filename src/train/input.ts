import type { Backend } from '../backends/index.ts'
import { encoders, type SampleLayout } from '../data/index.ts'
import type { Network } from '../nn/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * How images become a sequence: `encoders.direct` (the same frame at every step; default), `encoders.poisson`,
 * `encoders.latency`, or a function of your own.
 * @param values [N, ...] flat; `shape` is [N, H, W, C]. Of recordings, whose T frames follow each other, [N * T, H, W, C].
 */
export type Encode = (
  values: ArrayLike<number>,
  shape: readonly number[],
  options: { readonly T: number; readonly seed: number },
) => encoders.Encoded

/** What encodes a data set where nobody says otherwise: frames of recordings as they are, images at every step. */
export function usualEncode({ steps }: SampleLayout): Encode {
  return steps === undefined ? encoders.direct : encoders.frames
}

/** Images [N, H, W, C], or recordings [N, T, H, W, C], on the backend, as the network takes them. */
export function inputOf(
  network: Network,
  backend: Backend,
  images: Float32Array,
  options: { readonly T: number; readonly seed: number; readonly encode?: Encode | undefined },
): Tensor {
  const { encode = encoders.direct, T, seed } = options
  const size = network.input.reduce((product, axis) => product * axis, 1)
  return encoders.place(backend, encode(images, [images.length / size, ...network.input], { T, seed }))
}
