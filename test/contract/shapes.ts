import { describe, expect, test } from 'vitest'
import { type Backend, type Handle, type OperationName, operationNames } from '../../src/backends/index.ts'
import { ShapeError, sizeOf } from '../../src/base/index.ts'
import { lif, plif } from '../../src/neurons/index.ts'
import { callOf } from './neuron.ts'
import type { Contract } from './values.ts'

type Case = (b: Backend, zeros: (...shape: number[]) => Handle) => unknown

const plain = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const
const all = { input: 'full', weight: true, bias: true } as const
const window = { kind: 'max', kernel: [3, 3], stride: [3, 3], padding: [0, 0] } as const
const step = { reduction: 'step', crossEntropy: 1, squaredError: 0, squaredErrorTo: 0 } as const
const sgd = { learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0 }
const adam = { learningRate: 0.1, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, update: 1 }

const normalised = (zeros: (...shape: number[]) => Handle, channels: number, training: boolean) => ({
  weight: zeros(channels),
  bias: zeros(channels),
  runningMean: zeros(channels),
  runningVariance: zeros(channels),
  eps: 1e-5,
  momentum: 0.1,
  statistics: 'perStep' as const,
  training,
})

/** For each operation, arguments that do not fit each other, and the one text that all backends have for them. */
const unfit: { readonly [Name in OperationName]: readonly (readonly [RegExp, Case])[] } = {
  conv2d: [
    [/channels differ/, (b, z) => b.conv2d(z(1, 1, 4, 4, 3), z(3, 3, 4, 8), null, null, plain)],
    [/at least 3 pixels/, (b, z) => b.conv2d(z(1, 1, 9, 2, 3), z(3, 3, 3, 8), null, null, plain)],
    [/needs images/, (b, z) => b.conv2d(z(1, 1, 12), z(1, 1, 12, 8), null, null, plain)],
    [/groups/, (b, z) => b.conv2d(z(1, 1, 4, 4, 4), z(1, 1, 2, 3), null, null, { ...plain, groups: 2 })],
    [/bias does not fit/, (b, z) => b.conv2d(z(1, 1, 4, 4, 3), z(1, 1, 3, 8), z(7), null, plain)],
    [/residual/, (b, z) => b.conv2d(z(2, 1, 4, 4, 3), z(1, 1, 3, 8), null, z(2, 1, 4, 4, 3), plain)],
  ],
  conv2dBackward: [
    [
      /gradient does not fit/,
      (b, z) => b.conv2dBackward(z(1, 1, 4, 4, 4), z(1, 1, 4, 8), z(1, 1, 4, 3, 8), plain, all),
    ],
  ],
  linear: [
    [/20 values a sample/, (b, z) => b.linear(z(2, 1, 3, 3, 2), z(20, 5), null)],
    [/bias does not fit/, (b, z) => b.linear(z(1, 1, 4), z(4, 5), z(4))],
  ],
  linearBackward: [
    [/gradient does not fit/, (b, z) => b.linearBackward(z(2, 3, 4), z(4, 5), z(2, 3, 4), all)],
    [/values a sample/, (b, z) => b.linearBackward(z(2, 3, 4), z(5, 5), z(2, 3, 5), all)],
  ],
  neuron: [
    [/T = 2/, (b, z) => b.neuron(z(3, 1, 4), callOf(lif(), 2))],
    [/state "u"/, (b, z) => b.neuron(z(2, 1, 4), callOf(lif(), 2, { state: [z(1, 5)] }))],
    [/parameter "w"/, (b, z) => b.neuron(z(2, 1, 4), callOf(plif(), 2, { parameters: [z(4)] }))],
    [/parameter "w".*\n.*\n.*\n.*none/, (b, z) => b.neuron(z(2, 1, 4), callOf(plif(), 2))],
    [/weight/, (b, z) => b.neuron(z(2, 2, 4), callOf(lif(), 2, { normalisation: normalised(z, 3, true) }))],
    [/single value/, (b, z) => b.neuron(z(2, 1, 4), callOf(lif(), 2, { normalisation: normalised(z, 4, true) }))],
  ],
  neuronBackward: [
    [/T = 2/, (b, z) => b.neuronBackward(z(3, 1, 4), z(2, 1, 4), { handles: [] }, z(2, 1, 4), null, callOf(lif(), 2))],
    [
      /gradient/,
      (b, z) => b.neuronBackward(z(2, 1, 4), z(2, 1, 4), { handles: [] }, z(2, 1, 3), null, callOf(lif(), 2)),
    ],
    [
      /gradient of state "u"/,
      (b, z) => b.neuronBackward(z(2, 1, 4), z(2, 1, 4), { handles: [] }, z(2, 1, 4), [z(1, 3)], callOf(lif(), 2)),
    ],
  ],
  pool: [
    [/height/, (b, z) => b.pool(z(1, 1, 2, 8, 3), window)],
    [/needs images/, (b, z) => b.pool(z(1, 1, 8), window)],
    [/half its window/, (b, z) => b.pool(z(1, 1, 8, 8, 4), { ...window, padding: [2, 2] })],
  ],
  poolBackward: [
    [/gradient does not fit/, (b, z) => b.poolBackward(z(1, 1, 6, 6, 4), z(1, 1, 2, 3, 4), window, 'full')],
  ],
  dropout: [],
  dropoutBackward: [],
  add: [
    [/unlike shape/, (b, z) => b.add(z(2, 1, 3), z(2, 1, 4))],
    [/first axis 1/, (b, z) => b.add(z(2, 1, 3), z(3, 1, 3))],
  ],
  slice: [
    [/steps 1 to 4/, (b, z) => b.slice(z(3, 1, 3), 1, 4)],
    [/steps 2 to 2/, (b, z) => b.slice(z(3, 1, 3), 2, 2)],
  ],
  concat: [
    [/unlike frames/, (b, z) => b.concat([z(1, 1, 3), z(1, 1, 4)])],
    [/nothing to concatenate/, (b) => b.concat([])],
    [/scales/, (b) => b.concat([1, 0.5].map((scale) => b.spikes([1, 1, 4], new Uint8Array(4), scale)))],
  ],
  reshape: [[/6 values/, (b, z) => b.reshape(z(1, 1, 6), [1, 1, 7])]],
  sumSteps: [],
  loss: [
    [/targets/, (b, z) => b.loss(z(2, 3, 10), z(3, 9), step)],
    [/targets/, (b, z) => b.loss(z(2, 3, 2, 10), z(3, 10), step)],
  ],
  accumulate: [[/added/, (b, z) => b.accumulate(z(1, 1, 4), z(1, 1, 5), 1)]],
  scale: [],
  clamp: [],
  clipNorm: [],
  sgd: [
    [/gradient/, (b, z) => b.sgd(z(4), z(5), null, sgd)],
    [/velocity/, (b, z) => b.sgd(z(4), z(4), z(3), sgd)],
    [/guard/, (b, z) => b.sgd(z(4), z(4), null, sgd, [z(2)])],
  ],
  adamW: [
    [/gradient/, (b, z) => b.adamW(z(4), z(5), z(4), z(4), adam)],
    [/first moment/, (b, z) => b.adamW(z(4), z(4), z(3), z(4), adam)],
    [/second moment/, (b, z) => b.adamW(z(4), z(4), z(4), z(3), adam)],
  ],
  activity: [],
}

/** Texts of refusals by backend: the first that says one has the others held to it. */
const texts = new Map<string, string>()

export function describeShapes({ backend }: Contract): void {
  describe('refuses what does not fit, in the words of every backend', () => {
    for (const name of operationNames)
      unfit[name].forEach(([pattern, run], i) =>
        test(`${name}, ${i + 1}`, () => {
          const b = backend()
          const zeros = (...shape: number[]) => b.tensor(shape, new Float64Array(sizeOf(shape)))
          let refusal: unknown
          try {
            run(b, zeros)
          } catch (error) {
            refusal = error
          }
          expect(refusal).toBeInstanceOf(ShapeError)
          const { message } = refusal as ShapeError
          expect(message).toMatch(pattern)
          const key = `${name} ${i}`
          expect(texts.get(key) ?? message).toBe(message)
          texts.set(key, message)
        }),
      )
  })
}
