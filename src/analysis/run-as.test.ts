import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { defineNeuron, evaluate } from '../equations/index.ts'
import { snn3 } from '../models/index.ts'
import { clif, lif, neurons, plif } from '../neurons/index.ts'
import { lifConstants, lifWithReset, type ResetReading, runAs, sharedOptions } from './run-as.ts'

const x = [0.9, 0.4, 0.8, -0.3, 1.4, 0.2, 0.7, 0.9, 0.1, 2.1, 0.6, 0.5]
const tau = 1.5
const threshold = 0.8

/** LIF with a reset value as a plain loop. */
function loop(reading: ResetReading, value: number): number[] {
  let u = reading === 'leak' ? value : 0
  return x.map((current) => {
    const towards = reading === 'leak' ? value : 0
    u = towards + (1 - 1 / tau) * (u - towards) + current
    const s = u >= threshold ? 1 : 0
    if (s === 1) u = reading === 'soft' ? u - (threshold - value) : value
    return s === 1 ? u + 100 : u
  })
}

describe('LIF with a reset value', () => {
  test.each(
    (['hard', 'leak', 'soft'] as const).flatMap((reading) => [0, -0.1, -0.5].map((value) => [reading, value] as const)),
  )('%s to %f is its plain loop', (reading, value) => {
    const { s, observed } = evaluate(lifWithReset(reading, value, { tau, threshold }), x, { T: x.length })
    const ours = [...observed.u].map((u, t) => (s[t] === 1 ? u + 100 : u))
    loop(reading, value).forEach((u, t) => {
      expect(ours[t]).toBeCloseTo(u, 12)
    })
    expect(s.filter((spike) => spike === 1).length).toBeGreaterThan(1)
  })
})

test('LIF’s constants are taken over, a decaying input among them', () => {
  const trained = clif({ tau: 4, threshold: 0.7, decayInput: true })
  expect(lifConstants(trained)).toEqual({ tau: 4, threshold: 0.7, decayInput: true })
  const own = defineNeuron({ name: 'own', equations: 'u = u + x; s = spike(u - 1); u = u - s' })()
  expect(lifConstants(own)).toEqual({})
  for (const reading of ['hard', 'leak', 'soft'] as const) {
    const { observed } = evaluate(lifWithReset(reading, 0, lifConstants(trained)), [0.8, 0.4], { T: 2 })
    expect(observed['u#1'][1]).toBeCloseTo(0.75 * 0.2 + 0.1, 12)
  }
})

describe('running a network as another neuron', () => {
  const options = { input: [16, 16, 1], classes: 4 }

  test('keeps weights and learned parameters of the same name, and tells of the others', async () => {
    const net = snn3({ ...options, neuron: plif() })
    const backend = createInterpreter()
    await net.place(backend)
    const learned = net.parameters().filter(({ path }) => path.endsWith('.w'))
    learned.forEach((parameter, i) => {
      parameter.set([0.1 * (i + 1)])
    })
    const paths = learned.map(({ path }) => path)
    const stem = net.parameters()[0].values.slice()
    expect(await runAs(net, plif({ reset: 'hard' }))).toEqual({ kept: paths, fresh: [], dropped: [] })
    await net.pull()
    expect(paths.map((path) => net.parameter(path).values[0])).toEqual([0.1, 0.2, 0.30000000000000004])
    expect(net.neuron?.equations).toContain('(1 - s)')
    expect(net.parameters()[0].values).toEqual(stem)
    expect(await runAs(net, lif())).toEqual({ kept: [], fresh: [], dropped: paths })
    expect(await runAs(net, plif())).toEqual({ kept: [], fresh: paths, dropped: [] })
    await net.pull()
    expect(net.parameter(paths[0]).values[0]).toBeCloseTo(0, 12)
    await backend.close()
  })

  test('keeps options that both neurons know', async () => {
    const trained = clif({ tau: 1.5, threshold: 0.7, surrogate: 'atan' })
    expect(await sharedOptions(trained, (given) => neurons.lif(given))).toEqual({
      tau: 1.5,
      threshold: 0.7,
      surrogate: 'atan',
    })
    expect(await sharedOptions(trained, (given) => neurons.if(given))).toEqual({ threshold: 0.7, surrogate: 'atan' })
    const mine = defineNeuron({
      name: 'mine',
      constants: { tau: 3, gain: 2 },
      equations: 'u = (1 - 1/tau) * u + gain * x; s = spike(u - 1); u = u - s',
    })
    expect(await sharedOptions(mine({ gain: 4 }), (given) => neurons.lif(given))).toEqual({ tau: 3 })
  })
})
