import { describe, expect, test } from 'vitest'
import { checkGradient, type Scope } from '../autograd/index.ts'
import { hashedUniform, type Shape, sizeOf } from '../base/index.ts'
import { leakyReadout } from '../neurons/index.ts'
import type { Tensor } from '../tensor/index.ts'
import {
  add,
  concat,
  conv2d,
  dropout,
  flatten,
  linear,
  loss,
  pool,
  reshape,
  type SpikingOptions,
  slice,
  spiking,
  steps,
} from './index.ts'

type Operation = (scope: Scope, inputs: readonly Tensor[]) => Tensor

const conv = { stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 } as const
const average = { kind: 'average', kernel: [2, 2], stride: [2, 1], padding: [0, 0] } as const

function norm(
  scope: Scope,
  weight: Tensor,
  bias: Tensor,
  statistics: 'perStep' | 'merged',
): SpikingOptions['normalisation'] {
  const channels = weight.shape[0]
  return {
    weight,
    bias,
    runningMean: scope.backend.tensor([channels], null),
    runningVariance: scope.backend.tensor([channels], null),
    eps: 1e-5,
    momentum: 0.1,
    statistics,
    training: true,
  }
}

/** Every operation, smooth where it is checked, with the shapes of its inputs. */
const operations: { readonly [name: string]: { readonly shapes: readonly Shape[]; readonly f: Operation } } = {
  'conv2d with bias and residual': {
    shapes: [[2, 2, 5, 6, 4], [3, 2, 2, 6], [6], [2, 2, 3, 4, 6]],
    f: (s, [x, w, b, r]) => conv2d(s, x, w, b, r, conv),
  },
  'conv2d with one frame as residual': {
    shapes: [
      [3, 1, 3, 4, 2],
      [1, 1, 2, 3],
      [1, 1, 3, 4, 3],
    ],
    f: (s, [x, w, r]) => conv2d(s, x, w, null, r, { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }),
  },
  linear: { shapes: [[2, 3, 2, 2, 3], [12, 4], [4]], f: (s, [x, w, b]) => linear(s, x, w, b) },
  'average pool': { shapes: [[1, 2, 4, 5, 3]], f: (s, [x]) => pool(s, x, average) },
  'max pool': { shapes: [[1, 2, 4, 5, 3]], f: (s, [x]) => pool(s, x, { ...average, kind: 'max' }) },
  'adaptive pool': { shapes: [[1, 2, 3, 5, 2]], f: (s, [x]) => pool(s, x, { kind: 'adaptiveAverage', size: [2, 3] }) },
  dropout: { shapes: [[3, 2, 7]], f: (s, [x]) => dropout(s, x, 0.4, 3) },
  add: {
    shapes: [
      [3, 2, 4],
      [1, 2, 4],
    ],
    f: (s, [a, b]) => add(s, a, b),
  },
  'add, the frame first': {
    shapes: [
      [1, 2, 4],
      [3, 2, 4],
    ],
    f: (s, [a, b]) => add(s, a, b),
  },
  'one tensor added to itself': { shapes: [[2, 2, 4]], f: (s, [a]) => add(s, a, a) },
  slice: { shapes: [[5, 2, 3]], f: (s, [x]) => slice(s, x, 1, 4) },
  'slice from the start': { shapes: [[3, 2, 3]], f: (s, [x]) => slice(s, x, 0, 2) },
  'steps, one unused': {
    shapes: [[3, 2, 2]],
    f: (s, [x]) => {
      const [first, , last] = steps(s, x)
      return add(s, last, first)
    },
  },
  concat: {
    shapes: [
      [2, 2, 3],
      [1, 2, 3],
    ],
    f: (s, [a, b]) => concat(s, [a, b, a]),
  },
  'reshape of a sum that goes on elsewhere': {
    shapes: [
      [2, 2, 6],
      [2, 2, 6],
    ],
    f: (s, [a, b]) => {
      const sum = add(s, a, b)
      return add(s, reshape(s, sum, [2, 2, 6]), add(s, sum, flatten(s, reshape(s, sum, [2, 2, 3, 2, 1]))))
    },
  },
  'loss over steps': {
    shapes: [[3, 2, 4]],
    f: (s, [x]) => {
      const targets = {
        handle: s.backend.tensor([2, 4], [1, 0, 0, 0, 0, 0, 1, 0]),
        shape: [2, 4],
        tracked: false,
        leaf: true,
      }
      return loss(s, x, targets, { reduction: 'step', crossEntropy: 0.9, squaredError: 0.1, squaredErrorTo: 1 })
    },
  },
  'BatchNorm and a readout from a given state': {
    shapes: [[3, 2, 2, 2, 3], [3], [3], [2, 2, 2, 3]],
    f: (s, [x, w, b, u]) => {
      const normalisation = norm(s, w, b, 'perStep')
      const options = { neuron: leakyReadout(), T: 3, parameters: [], normalisation, state: [u], wantState: true }
      const { output, state } = spiking(s, x, options)
      return add(s, output, reshape(s, (state as Tensor[])[0], [1, 2, 2, 2, 3]))
    },
  },
  'only the last state of a readout': {
    shapes: [
      [3, 2, 3],
      [2, 3],
    ],
    f: (s, [x, u]) => {
      const options = { neuron: leakyReadout(), T: 3, parameters: [], normalisation: null, state: [u], wantState: true }
      return (spiking(s, x, options).state as Tensor[])[0]
    },
  },
  'BatchNorm over all steps of a repeated frame': {
    shapes: [[1, 4, 3], [3], [3]],
    f: (s, [x, w, b]) => {
      const normalisation = norm(s, w, b, 'merged')
      const options = { neuron: leakyReadout(), T: 4, parameters: [], normalisation, state: null, wantState: false }
      return spiking(s, x, options).output
    },
  },
}

describe('backward agrees with finite differences', () => {
  for (const [name, { shapes, f }] of Object.entries(operations))
    test(name, async () => {
      const inputs = shapes.map((shape, i) => ({
        shape,
        values: hashedUniform(sizeOf(shape), 200 + i).map((u) => 2 * u - 1),
      }))
      const check = await checkGradient(f, inputs)
      expect(check.deviation).toBeLessThan(1e-7)
      expect(Math.max(...check.inputs.map(({ difference }) => Math.max(...difference.map(Math.abs))))).toBeGreaterThan(
        0.01,
      )
    })

  test('a wrong backward would be found', async () => {
    const broken: Operation = (s, [x]) => {
      const y = dropout(s, x, 0.4, 3)
      return s.tape ? dropout(s, x, 0.4, 4) : y
    }
    const check = await checkGradient(broken, [{ shape: [2, 2, 9], values: hashedUniform(36, 1) }])
    expect(check.deviation).toBeGreaterThan(0.1)
  })
})
