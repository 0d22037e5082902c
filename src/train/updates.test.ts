import { describe, expect, test } from 'vitest'
import { type Backend, createInterpreter, createWasm } from '../backends/index.ts'
import { Linear, Network } from '../nn/index.ts'
import { adamW, type Optimiser, sgd } from './optimiser.ts'
import { tinyNetwork } from './testing/tiny.ts'
import { Updates } from './updates.ts'

const gradients = [
  [0.5, -1, 2],
  [0.25, 0.75, -1.5],
  [-1, 0.5, 0.125],
]

/** Three updates of [1, -2, 3] by PyTorch 2.13 in float64. */
const expected: [string, Optimiser, number[][]][] = [
  [
    'sgd',
    sgd({ momentum: 0, weightDecay: 0 }),
    [
      [0.95, -1.9, 2.8],
      [0.925, -1.975, 2.95],
      [1.025, -2.025, 2.9375],
    ],
  ],
  [
    'momentum and weight decay',
    sgd({ momentum: 0.9, weightDecay: 0.01 }),
    [
      [0.949, -1.898, 2.797],
      [0.877151, -1.879302, 2.761503],
      [0.911609749, -1.910594498, 2.714294197],
    ],
  ],
  [
    'Nesterov',
    sgd({ momentum: 0.9, weightDecay: 0.01, nesterov: true }),
    [
      [0.9031, -1.8062, 2.6143],
      [0.81257411, -1.86264822, 2.72990283],
      [0.942869708191, -1.939038166382, 2.672361431623],
    ],
  ],
  [
    'AdamW',
    adamW({ learningRate: 0.1, weightDecay: 0.05 }),
    [
      [0.895000002, -1.890000001, 2.8850000005],
      [0.7973070404674624, -1.8716175003555355, 2.8616424998075023],
      [0.8139562076730742, -1.8795908710041462, 2.8372453730357137],
    ],
  ],
]

const backends: [string, number, () => Promise<Backend>][] = [
  ['interpreter', 12, async () => createInterpreter()],
  ['wasm', 6, () => createWasm()],
]

async function threeWeights(backend: Backend): Promise<Network> {
  const network = new Network({ name: 'weights', input: [3], layer: new Linear({ features: 1, bias: false }) })
  network.parameters()[0].set([1, -2, 3])
  await network.place(backend)
  return network
}

describe.each(backends)('optimisers on %s', (_, digits, open) => {
  test.each(expected)('%s as PyTorch', async (_, optimiser, values) => {
    const backend = await open()
    const network = await threeWeights(backend)
    const updates = new Updates(network, backend, optimiser)
    for (const [i, gradient] of gradients.entries()) {
      updates.apply([backend.tensor([3, 1], gradient)], optimiser.options.learningRate)
      await network.pull()
      network.parameters()[0].values.forEach((value, k) => void expect(value).toBeCloseTo(values[i][k], digits))
    }
  })

  test('what is remembered can be taken elsewhere, to the last bit', async () => {
    for (const [, optimiser] of expected) {
      const run = async (stopAfter: number) => {
        const backend = await open()
        let network = await threeWeights(backend)
        let updates = new Updates(network, backend, optimiser)
        for (const [i, gradient] of gradients.entries()) {
          if (i === stopAfter) {
            const [state, count] = [await updates.state(), updates.count]
            await network.pull()
            const values = network.parameters()[0].values
            network = await threeWeights(backend)
            network.parameters()[0].set(values)
            updates = new Updates(network, backend, optimiser)
            updates.restore(state, count)
          }
          updates.apply([backend.tensor([3, 1], gradient)], 0.1)
        }
        await network.pull()
        return [...network.parameters()[0].values]
      }
      expect(await run(2)).toEqual(await run(9))
    }
  })
})

test('groups: a rate, a decay of their own, or none of it', async () => {
  const backend = createInterpreter()
  const network = tinyNetwork({ dropout: false, normalisation: null })
  await network.place(backend)
  const optimiser = sgd({
    momentum: 0,
    weightDecay: 0.5,
    group: ({ path }) => (path.endsWith('bias') ? { learningRateFactor: 2, weightDecay: 0 } : undefined),
  })
  const updates = new Updates(network, backend, optimiser, ['0.*'])
  expect(updates.parameters.map(({ path }) => path)).toEqual(['3.weight', '3.bias'])
  const [weight, bias] = updates.parameters.map(({ values }) => Float64Array.from(values))
  updates.apply(
    updates.parameters.map(({ shape, values }) => backend.tensor(shape, new Float64Array(values.length).fill(1))),
    0.1,
  )
  await network.pull()
  updates.parameters[0].values.forEach(
    (v, i) => void expect(v).toBeCloseTo(weight[i] - 0.1 * (1 + 0.5 * weight[i]), 12),
  )
  updates.parameters[1].values.forEach((v, i) => void expect(v).toBeCloseTo(bias[i] - 0.2, 12))
})

test('what cannot be is refused by name', async () => {
  expect(() => sgd({ learningRate: -1 })).toThrow(/sgd: learningRate out of range[\s\S]*got +-1/)
  expect(() => sgd({ momentum: 1 })).toThrow(/momentum/)
  expect(() => adamW({ beta2: 1.5 })).toThrow(/adamW: beta2/)
  expect(() => sgd({ momentum: 0, nesterov: true })).toThrow(/Nesterov/)
  const backend = createInterpreter()
  const network = tinyNetwork()
  await network.place(backend)
  expect(() => new Updates(network, backend, sgd(), ['5.wieght'])).toThrow(/fits '5.wieght'[\s\S]*'5.weight'/)
  expect(() => new Updates(network, backend, sgd(), ['*'])).toThrow(/nothing to train/)
  expect(() => new Updates(network, backend, sgd()).restore(new Map(), 1)).toThrow(/lacks 'velocity\./)
})
