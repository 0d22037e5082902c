import { describe, expect, test } from 'vitest'
import { hashedUniform } from '../base/index.ts'
import { defineNeuron, printProgram } from '../equations/index.ts'
import { clif, lif, maskedPsn, neurons } from '../neurons/index.ts'
import { autocorrelation, autocorrelations } from './autocorrelation.ts'
import { dependencyGraph } from './dependency-graph.ts'
import { histogram, histograms } from './histogram.ts'
import { neuronInput } from './input.ts'
import { firingRate, record } from './recording.ts'
import { truncationMap } from './truncation-map.ts'

const mine = defineNeuron({ name: 'mine', equations: 'u = 0.9 * u + x - a\ns = spike(u - 1)\na = 0.5 * a + s' })()

describe('an input', () => {
  test('Poisson spikes: each neuron its own, of the asked rate and strength, the same for the same seed', () => {
    const { x } = neuronInput('poisson:0.3:0.8', { T: 200, M: 50, seed: 1 })
    expect(new Set(x)).toEqual(new Set([0, 0.8]))
    expect(x.filter((value) => value > 0).length / x.length).toBeCloseTo(0.3, 1)
    expect(neuronInput('poisson:0.3:0.8', { T: 200, M: 50, seed: 1 }).x).toEqual(x)
    expect(neuronInput('poisson:0.3:0.8', { T: 200, M: 50, seed: 2 }).x).not.toEqual(x)
    const column = (i: number) => Array.from({ length: 200 }, (_, t) => x[t * 50 + i])
    expect(column(0)).not.toEqual(column(1))
  })

  test('constants, and numbers that repeat', () => {
    expect([...neuronInput('constant:0.6', { T: 2, M: 2, seed: 1 }).x]).toEqual([0.6, 0.6, 0.6, 0.6])
    expect([...neuronInput('0.8,0.4', { T: 3, M: 2, seed: 1 }).x]).toEqual([0.8, 0.8, 0.4, 0.4, 0.8, 0.8])
    expect(neuronInput([1, 2, 3, 4], { T: 2, M: 9, seed: 1 })).toMatchObject({ M: 2 })
  })

  test.each(['poison:0.3', 'poisson:2', 'poisson', 'constant:x', '1,,2', ''])('refuses %j', (choice) => {
    expect(() => neuronInput(choice, { T: 4, M: 1, seed: 1 })).toThrow(/unknown input[\s\S]*poisson:0.3/)
  })

  test('refuses values that do not fill the steps', () => {
    expect(() => neuronInput([1, 2, 3], { T: 2, M: 1, seed: 1 })).toThrow('does not fill 2 steps')
    expect(() => neuronInput([1, Number.NaN], { T: 2, M: 1, seed: 1 })).toThrow('finite')
  })
})

test('a recording holds the worked example of CLIF, and any neuron’s values', () => {
  const { recordings } = record([clif(), mine], { T: 5, input: '0.8,0.4,0.9,0.4,1' })
  const [{ s, values, states }, own] = recordings
  expect([...s]).toEqual([0, 0, 1, 0, 1])
  expect(states).toEqual(['u', 'm'])
  expect(values.u[2]).toBeCloseTo(-0.43105857863000474, 14)
  expect(values.m[4]).toBeCloseTo(1.331208504044421, 14)
  expect(own.states).toEqual(['u', 'a'])
  expect(Object.keys(own.values)).toEqual(['u#1', 'u', 's#1', 's', 'a#1', 'a'])
  expect(firingRate(recordings[0])).toBe(0.4)
})

test('autocorrelation is the mean of x[n] x[n-k]', () => {
  expect([...autocorrelation([1, 2, 3, 4], 4, 3)]).toEqual([30 / 4, (2 + 6 + 12) / 3, (3 + 8) / 2, 4])
  expect([...autocorrelation([1, 10, 2, 20], 2, 1)]).toEqual([(1 + 100 + 4 + 400) / 4, (2 + 200) / 2])
  expect(() => autocorrelation([1, 2], 2, 2)).toThrow('more than as many')
  const { curves } = autocorrelations(record([lif(), clif()], { T: 200, neurons: 20 }), 20)
  expect(curves.map(({ name }) => name)).toEqual(['u of lif', 'u of clif', 'm of clif'])
  const [, u, m] = curves.map(({ values }) => values)
  expect([u[0], m[0]]).toEqual([1, 1])
  expect(m[4]).toBeGreaterThan(u[4])
})

test('histograms count every value once, between common ends', () => {
  const { low, high, shares } = histogram([0, 1, 1, 4], 4)
  expect([low, high, ...shares]).toEqual([0, 4, 0.25, 0.5, 0, 0.25])
  expect([...histogram([2, 2], 2).shares]).toEqual([0, 1])
  expect(() => histogram([1], 0)).toThrow('without bins')
  const two = histograms(record([lif(), clif()], { T: 100, neurons: 5 }))
  expect(two.histograms.map((one) => one.low)).toEqual([two.histograms[0].low, two.histograms[0].low])
  for (const one of two.histograms) expect(one.shares.reduce((a, b) => a + b)).toBeCloseTo(1, 10)
})

describe('a dependency graph', () => {
  test('of CLIF is that of its equations', () => {
    const { nodes, edges, states } = dependencyGraph(clif())
    expect(nodes.map(({ name }) => name)).toEqual(['x', 'u#1', 's', 'm', 'u#2'])
    expect(states).toEqual(['u', 'm'])
    const text = edges.map(
      ({ from, to, acrossTime, throughSpike }) => `${from}${acrossTime ? "'" : ''} ${throughSpike ? '~' : '-'}> ${to}`,
    )
    expect(text).toEqual([
      "u#2' -> u#1",
      'x -> u#1',
      'u#1 ~> s',
      "m' -> m",
      'u#1 -> m',
      's -> m',
      'u#1 -> u#2',
      's -> u#2',
      'm -> u#2',
    ])
  })

  test('marks what detach cuts', () => {
    const { edges } = dependencyGraph(lif({ detachReset: true }))
    expect(edges.filter(({ detached }) => detached)).toEqual([
      { from: 's', to: 'u#2', acrossTime: false, throughSpike: false, detached: true },
    ])
  })

  test.each(Object.keys(neurons))('%s: every named value is made of something', (name) => {
    const neuron = neurons[name]({})
    const { nodes, edges } = dependencyGraph(neuron)
    for (const node of nodes.filter(({ kind }) => kind !== 'input'))
      expect(
        edges.some(({ to }) => to === node.name),
        `${node.name} in ${printProgram(neuron.program)}`,
      ).toBe(true)
    for (const { from } of edges) expect(nodes.some((node) => node.name === from)).toBe(true)
  })
})

test('a truncation map strikes out what each kind does', () => {
  const { kept, size } = truncationMap(clif(), 2, { T: 4, neurons: 4 })
  expect(kept.map(({ name }) => name)).toEqual(['everything', 'window of 2', 'prefix of 2'])
  const drawn = kept.map(({ entries }) => entries.map((row) => row.map((is) => (is ? '#' : '.')).join('')))
  expect(drawn).toEqual([
    ['####', '.###', '..##', '...#'],
    ['##..', '.##.', '..##', '...#'],
    ['##..', '.#..', '..#.', '...#'],
  ])
  expect(size).toHaveLength(4)
})

test('neurons that mix time are recorded behind their map', () => {
  const x = hashedUniform(6, 2)
  const [{ values }] = record(maskedPsn(), { T: 6, input: x }).recordings
  expect(Object.keys(values)).toEqual(['s#1', 's'])
})
