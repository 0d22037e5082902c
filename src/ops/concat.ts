import { record, type Scope } from '../autograd/index.ts'
import { ShapeError, sameShape, shapeText } from '../base/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Sequences one after another in time; all spikes of one scale, or all dense.
 * @throws ShapeError where frames differ
 */
export function concat(scope: Scope, parts: readonly Tensor[]): Tensor {
  if (parts.length === 0) throw new ShapeError({ what: 'nothing to concatenate', expected: 'at least one sequence' })
  for (const part of parts) {
    if (sameShape(part.shape.slice(1), parts[0].shape.slice(1))) continue
    throw new ShapeError({
      what: 'sequences of unlike frames cannot follow each other',
      expected: `[T, ${parts[0].shape.slice(1).join(', ')}]`,
      got: shapeText(part.shape),
    })
  }
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
