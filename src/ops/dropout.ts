import { record, type Scope } from '../autograd/index.ts'
import { UsageError } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Drops each value of [N, H, W, C] with probability p, at all steps alike; the rest is scaled by 1 / (1 - p).
 * @param key names the stream of random numbers: another key, another mask
 * @throws UsageError unless 0 <= p < 1
 */
export function dropout(scope: Scope, x: Tensor, p: number, key: number): Tensor {
  if (!(p >= 0 && p < 1)) {
    throw new UsageError({ what: 'dropout needs a probability', expected: '0 <= p < 1', got: `${p}` })
  }
  const { backend } = scope
  const [y] = record(scope, {
    name: 'dropout',
    inputs: [x],
    outputs: [backend.dropout(x.handle, p, key)],
    backward: ([g]) => [g && backend.dropoutBackward(g, p, key)],
  })
  return y
}
