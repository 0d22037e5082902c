import { record, type Scope } from '../autograd/index.ts'
import type { Handle } from '../backends/index.ts'
import type { Tensor } from '../tensor/index.ts'

/**
 * Steps `from` up to and without `to` of a sequence.
 * @throws ShapeError where the sequence has no such steps
 */
export function slice(scope: Scope, x: Tensor, from: number, to: number): Tensor {
  const { backend } = scope
  const [y] = record(scope, {
    name: 'slice',
    inputs: [x],
    outputs: [backend.slice(x.handle, from, to)],
    backward: ([g]) => {
      if (!g) return []
      const zeros = (steps: number) => (steps > 0 ? [backend.tensor([steps, ...x.shape.slice(1)], null)] : [])
      const before = zeros(from)
      const after = zeros(x.shape[0] - to)
      const whole = backend.concat([...before, g, ...after])
      for (const zero of [...before, ...after]) backend.release(zero)
      return [whole]
    },
  })
  return y
}

/** Every step of a sequence as a sequence of its own, [1, N, ...] each. */
export function steps(scope: Scope, x: Tensor): Tensor[] {
  const { backend } = scope
  const T = x.shape[0]
  return record(scope, {
    name: 'steps',
    inputs: [x],
    outputs: Array.from({ length: T }, (_, t) => backend.slice(x.handle, t, t + 1)),
    backward: (gradients) => {
      const zeros: Handle[] = []
      const parts = gradients.map((g) => {
        if (g) return g
        zeros.push(backend.tensor([1, ...x.shape.slice(1)], null))
        return zeros[zeros.length - 1]
      })
      const whole = backend.concat(parts)
      for (const zero of zeros) backend.release(zero)
      return [whole]
    },
  })
}
