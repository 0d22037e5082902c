import { record, type Scope } from '../autograd/index.ts'
import type { LossOptions } from '../backends/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Loss [1] of logits against targets. It ends a network: walk back from it, and add nothing behind it.
 * @param logits [T or 1, N, K]
 * @param targets [N, K]
 * @param gradientScale what all gradients behind it come multiplied by: a power of two, for backends whose gradients are
 * float16
 * @throws ShapeError
 */
export function loss(scope: Scope, logits: Tensor, targets: Tensor, options: LossOptions, gradientScale = 1): Tensor {
  const { backend } = scope
  const result = backend.loss(logits.handle, targets.handle, options)
  if (!scope.tape) backend.release(result.gradient)
  else if (gradientScale !== 1) backend.scale(result.gradient, gradientScale)
  const [value] = record(scope, {
    name: 'loss',
    inputs: [logits],
    outputs: [result.loss],
    backward: () => [result.gradient],
  })
  return value
}
