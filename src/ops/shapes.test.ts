import { describe, expect, test } from 'vitest'
import type { Scope } from '../autograd/index.ts'
import { createInterpreter } from '../backends/index.ts'
import { ShapeError, UsageError } from '../base/index.ts'
import { lif } from '../neurons/index.ts'
import { type Tensor, tensorOf } from '../tensor/index.ts'
import { add, concat, conv2d, dropout, linear, loss, pool, reshape, slice, spiking } from './index.ts'

const backend = createInterpreter()
const scope: Scope = { backend, tape: null }
const zeros = (...shape: number[]): Tensor =>
  tensorOf(backend, shape, new Float64Array(shape.reduce((a, b) => a * b, 1)))
const plain = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const
const step = { reduction: 'step', crossEntropy: 1, squaredError: 0, squaredErrorTo: 0 } as const
const alone = { neuron: lif(), T: 2, parameters: [], normalisation: null, state: null, wantState: false }

/** What is refused, and what the message must say of both sides. */
const refused: { readonly [name: string]: readonly [() => unknown, ...RegExp[]] } = {
  'conv2d of other channels': [
    () => conv2d(scope, zeros(1, 1, 4, 4, 3), zeros(3, 3, 4, 8), null, null, plain),
    /channels differ/,
    /\[3, 3, 4, 8\]/,
    /\[4, 4, 3\]/,
  ],
  'conv2d larger than the image': [
    () => conv2d(scope, zeros(1, 1, 9, 2, 3), zeros(3, 3, 3, 8), null, null, plain),
    /width/,
    /at least 3 pixels/,
    /\[9, 2, 3\]/,
  ],
  'conv2d of flat samples': [
    () => conv2d(scope, zeros(1, 1, 12), zeros(1, 1, 12, 8), null, null, plain),
    /needs images/,
    /flattened/,
  ],
  'a residual of another size': [
    () => conv2d(scope, zeros(1, 1, 4, 4, 3), zeros(1, 1, 3, 8), null, zeros(1, 1, 4, 4, 3), plain),
    /\[1, 1, 4, 4, 8\]/,
    /\[1, 1, 4, 4, 3\]/,
    /1x1 convolution/,
  ],
  'linear of another width': [
    () => linear(scope, zeros(2, 1, 3, 3, 2), zeros(20, 5), null),
    /20 values a sample/,
    /18, in \[2, 1, 3, 3, 2\]/,
  ],
  'a bias of another width': [() => linear(scope, zeros(1, 1, 4), zeros(4, 5), zeros(4)), /\[5\]/, /\[4\]/],
  'a pool larger than the image': [
    () => pool(scope, zeros(1, 1, 2, 8, 3), { kind: 'max', kernel: [3, 3], stride: [3, 3], padding: [0, 0] }),
    /height/,
    /at least 3/,
  ],
  'an addition of unlike frames': [() => add(scope, zeros(2, 1, 3), zeros(2, 1, 4)), /\[2, 1, 3\]/, /\[2, 1, 4\]/],
  'an addition of unlike lengths': [() => add(scope, zeros(2, 1, 3), zeros(3, 1, 3)), /first axis 1/],
  'steps that are not there': [() => slice(scope, zeros(3, 1, 3), 1, 4), /steps 1 to 4/, /<= 3/],
  'a concatenation of unlike frames': [() => concat(scope, [zeros(1, 1, 3), zeros(1, 1, 4)]), /\[1, 1, 4\]/],
  'a concatenation of nothing': [() => concat(scope, []), /at least one/],
  'a reshape to another size': [() => reshape(scope, zeros(1, 1, 6), [1, 1, 7]), /6 values/, /7, in/],
  'targets of other classes': [() => loss(scope, zeros(2, 3, 10), zeros(3, 9), step), /\[2, 3, 10\]/, /\[3, 9\]/],
  'neurons for other steps': [() => spiking(scope, zeros(3, 1, 4), alone), /neuron "lif"/, /T = 2/, /\[3, 1, 4\]/],
  'neurons with another state': [
    () => spiking(scope, zeros(2, 1, 4), { ...alone, state: [zeros(1, 5)] }),
    /state "u"/,
    /\[1, 4\]/,
    /\[1, 5\]/,
  ],
}

describe('unfit shapes are refused by an error that names both sides', () => {
  for (const [name, [run, ...patterns]] of Object.entries(refused))
    test(name, () => {
      expect(run).toThrow(ShapeError)
      for (const pattern of patterns) expect(run).toThrow(pattern)
    })

  test('dropout without a probability', () => {
    expect(() => dropout(scope, zeros(1, 1, 3), 1, 1)).toThrow(UsageError)
  })
})
