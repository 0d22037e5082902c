import { describe, expect, test } from 'vitest'
import { checkGradient, Tape } from '../src/autograd/index.ts'
import { type Backend, createInterpreter, type Handle } from '../src/backends/index.ts'
import { createWasm } from '../src/backends/wasm/index.ts'
import { hashedUniform, sizeOf } from '../src/base/index.ts'
import { defineNeuron } from '../src/equations/index.ts'
import { tetLoss } from '../src/losses/index.ts'
import { modelFromConfig, snn5 } from '../src/models/index.ts'
import { activityObserver } from '../src/nn/index.ts'
import { loss, spiking } from '../src/ops/index.ts'
import { tensorOf } from '../src/tensor/index.ts'

/** The neuron of the documentation's first page. */
const definition = {
  name: 'adaptive',
  constants: { tau: 2, threshold: 1 },
  learnable: { beta: 0.5 },
  equations: `
    u = (1 - 1/tau) * u + x
    s = spike(u - threshold - beta * a)
    a = 0.9 * a + s
    u = u - s * threshold`,
}
const adaptive = defineNeuron(definition)
const T = 4
const batch = 6
const classes = 3

function network() {
  return snn5({ input: [15, 15, 1], classes, neuron: adaptive() })
}

/** A few updates on one batch; losses, and the betas before and after. */
async function trained(backend: Backend, updates: number) {
  const net = network()
  await net.place(backend)
  const before = net.parameters().filter((p) => p.path.endsWith('.beta'))
  const starts = before.map((p) => p.values[0])
  const rule = tetLoss()
  const labels = Array.from({ length: batch }, (_, i) => i % classes)
  const x = tensorOf(backend, [1, batch, 15, 15, 1], hashedUniform(batch * 225, 3))
  const targets = tensorOf(backend, [batch, classes], rule.targets(labels, classes))
  const losses: number[] = []
  let rates: number[] = []
  for (let update = 0; update < updates; update++) {
    backend.beginStep()
    const tape = new Tape(backend)
    const activity = activityObserver({ backend })
    const run = { backend, tape, training: true, T, key: update, observe: activity.observe }
    const value = loss(run, net.forward(x, run), targets, rule.options(T))
    tape.keep(value)
    const gradients = tape.backward(value)
    losses.push((await backend.read(value.handle))[0])
    rates = (await activity.rates()).map((layer) => layer.firingRate)
    for (const p of net.parameters()) {
      const gradient = gradients.get(p.on(backend)) as Handle
      const step = { learningRate: 0.05, momentum: 0, nesterov: false, weightDecay: 0 }
      backend.sgd(p.on(backend).handle, gradient, null, step)
    }
    backend.endStep()
  }
  await net.pull()
  return { losses, rates, starts, ends: before.map((p) => p.values[0]) }
}

describe('a neuron of one’s own, from its equations alone', () => {
  for (const [name, create] of [
    ['interpreter', async () => createInterpreter()],
    ['wasm', () => createWasm()],
  ] as const)
    test(`trains in a model on ${name}: the loss falls, and each layer learns its beta`, async () => {
      const backend = await create()
      const { losses, rates, starts, ends } = await trained(backend, 6)
      expect(losses.at(-1)).toBeLessThan(0.5 * losses[0])
      expect(rates).toHaveLength(5)
      for (const rate of rates) expect(rate).toBeGreaterThan(0)
      expect(starts).toEqual([0.5, 0.5, 0.5, 0.5, 0.5])
      expect(new Set(ends).size).toBe(5)
      await backend.close()
    })

  test('trains to the same losses on both backends', async () => {
    const [a, b] = [await trained(createInterpreter(), 2), await trained(await createWasm(), 2)]
    a.losses.forEach((value, i) => {
      expect(Math.abs(value - b.losses[i])).toBeLessThan(1e-4)
    })
  })

  test('is rebuilt from a configuration that no registry knows', () => {
    const again = modelFromConfig(JSON.parse(JSON.stringify(network().config)))
    expect(again.parameters().map((p) => p.path)).toEqual(
      network()
        .parameters()
        .map((p) => p.path),
    )
    expect(again.config).toEqual(network().config)
  })

  test('has the gradient of its equations, where they are smooth', async () => {
    const smooth = defineNeuron({
      ...definition,
      name: 'smooth',
      equations: definition.equations.replace('spike(', 'sigmoid('),
    })()
    const shape = [5, 2, 3]
    const { deviation } = await checkGradient(
      (scope, [x, beta]) =>
        spiking(scope, x, {
          neuron: smooth,
          T: 5,
          parameters: [beta],
          normalisation: null,
          state: null,
          wantState: false,
        }).output,
      [
        { shape, values: hashedUniform(sizeOf(shape), 8) },
        { shape: [1], values: [0.5] },
      ],
    )
    expect(deviation).toBeLessThan(1e-8)
  })
})
