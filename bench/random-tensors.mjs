import { hash32, hashedUniform, sizeOf } from '../dist/base/index.js'

/**
 * A dense tensor, uniform in [-bound, bound).
 * @param {import('../dist/node.js').Backend} backend
 * @param {readonly number[]} shape
 */
export function uniform(backend, shape, key, bound = 1) {
  return backend.tensor(
    shape,
    hashedUniform(sizeOf(shape), key).map((u) => (2 * u - 1) * bound),
  )
}

/**
 * Independent spikes: bit 0 in the share `rate` of all bytes, bit 1 (the window is open) in the share `openRate`.
 * @param {import('../dist/node.js').Backend} backend
 * @param {readonly number[]} shape
 */
export function randomSpikes(backend, shape, { rate, openRate, key }) {
  const bytes = new Uint8Array(sizeOf(shape))
  const [fires, opens] = [rate * 2 ** 32, openRate * 2 ** 32]
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = (hash32(i, key) < fires ? 1 : 0) | (hash32(i, key + 1) < opens ? 2 : 0)
  }
  return backend.spikes(shape, bytes, 1)
}
