import { record, type Scope } from '../autograd/index.ts'
import { ShapeError } from '../base/index.ts'
import type { LossBatch, OwnLoss } from '../losses/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * A program's own loss of a batch, in numbers.
 * @param logits [T, N, classes], flat
 * @throws ShapeError where its gradient has another size than the logits
 */
export function ownLossValues(
  own: OwnLoss,
  logits: ArrayLike<number>,
  batch: LossBatch,
): { value: number; gradient: Float64Array } {
  const { value, gradient } = own(Float64Array.from(logits), batch)
  if (gradient.length === logits.length) return { value, gradient: Float64Array.from(gradient) }
  throw new ShapeError({
    what: `the gradient of the loss ${own.name || 'of your own'} has another size than the logits`,
    expected: `${batch.T} x ${batch.N} x ${batch.classes} numbers`,
    got: String(gradient.length),
  })
}

/**
 * A program's own loss [1], on the tape. It waits for the logits, since it is computed on the host.
 * @param logits [T, N, classes]
 * @param gradientScale what its gradient is multiplied by
 * @throws ShapeError where its gradient has another size than the logits
 */
export async function ownLoss(
  scope: Scope,
  own: OwnLoss,
  logits: Tensor,
  { labels, targets }: Pick<LossBatch, 'labels' | 'targets'>,
  gradientScale = 1,
): Promise<Tensor> {
  const { backend } = scope
  const [T, N, classes] = logits.shape
  const { value, gradient } = ownLossValues(own, await backend.read(logits.handle), { labels, targets, T, N, classes })
  const scaled = gradientScale === 1 ? gradient : gradient.map((one) => one * gradientScale)
  const onBackend = backend.tensor(logits.shape, scaled)
  const [result] = record(scope, {
    name: 'own loss',
    inputs: [logits],
    outputs: [backend.tensor([1], Float64Array.of(value))],
    backward: () => [onBackend],
  })
  return result
}
