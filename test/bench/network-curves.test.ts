import { expect, it } from 'vitest'
import { load } from './load.ts'

const { fixedShareOf, bytesPerNeuronStep } = (await load('network-curves.mjs')) as {
  readonly [name: string]: (points: readonly object[]) => number
}

it('tells the part of a step that no spike causes, at 12 % of spikes', () => {
  const points = [0.05, 0.1, 0.4].map((firingRate) => ({ firingRate, milliseconds: 6 + 50 * firingRate }))
  expect(fixedShareOf(points)).toBeCloseTo(6 / 12, 12)
})

it('tells what one more neuron-step takes', () => {
  const points = [8, 16, 32].map((T) => ({ peakBytes: 1000 + 5 * T, neuronSteps: T }))
  expect(bytesPerNeuronStep(points)).toBe(5)
})
