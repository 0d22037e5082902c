import { record, type Scope } from '../autograd/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Sequences one after another in time; all spikes of one scale, or all dense.
 * @throws ShapeError where frames differ
 */
export function concat(scope: Scope, parts: readonly Tensor[]): Tensor {
  const { backend } = scope
  const [y] = record(scope, {
    name: 'concat',
    inputs: parts,
    outputs: [backend.concat(parts.map((part) => part.handle))],
    backward: ([g], need) => {
      let at = 0
      return parts.map((part, i) => {
        const from = at
        at += part.shape[0]
        return g && need[i] !== 'none' ? backend.slice(g, from, at) : null
      })
    },
  })
  return y
}
