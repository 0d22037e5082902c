import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readGolden } from '../../test/golden/read-safetensors.ts'
import { evaluate, evaluateGradient, type NeuronOptions } from '../equations/index.ts'
import { neurons } from './index.ts'

const folder = new URL('../../test/golden/neurons/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.endsWith('.safetensors'))

function optionsOf(metadata: Record<string, string>): NeuronOptions {
  const { tau, threshold, surrogate, reset, reset_value } = metadata
  return {
    ...(tau === undefined ? {} : { tau: Number(tau) }),
    ...(threshold === undefined ? {} : { threshold: Number(threshold) }),
    ...(surrogate === undefined ? {} : { surrogate }),
    ...(reset === 'hard' ? { reset: { hard: Number(reset_value ?? 0) } } : {}),
  }
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0)
}

it('has all golden files', () => {
  expect(files).toHaveLength(15)
})

describe.each(files)('%s', (file) => {
  const { metadata, tensors } = readGolden(new URL(encodeURIComponent(file), folder))
  const neuron = neurons[metadata.neuron](optionsOf(metadata))
  const T = Number(metadata.T)
  const parameters = Object.fromEntries(
    neuron.program.parameters.map(({ name }) => [name, tensors[`parameter.${name}`]]),
  )
  const run = evaluate(neuron, tensors.input, { T, parameters })

  it('spikes the same', () => {
    expect(tensors.spikes.some((s) => s === 1)).toBe(true)
    expect(run.s).toEqual(tensors.spikes)
  })

  it('has the same potentials', () => {
    expect(largestDifference(run.observed['u#1'], tensors.charged_u)).toBeLessThan(1e-10)
    expect(largestDifference(run.observed.u, tensors.u)).toBeLessThan(1e-10)
    expect('m' in run.observed).toBe('m' in tensors)
    if ('m' in tensors) expect(largestDifference(run.observed.m, tensors.m)).toBeLessThan(1e-10)
  })

  it('has the same gradients', () => {
    const gradients = evaluateGradient(neuron, tensors.input, tensors.output_gradient, { T, parameters })
    expect(tensors.input_gradient.some((g) => Math.abs(g) > 0.1)).toBe(true)
    expect(largestDifference(gradients.input, tensors.input_gradient)).toBeLessThan(1e-10)
    for (const { name } of neuron.program.parameters)
      expect(largestDifference(gradients.parameters[name], tensors[`gradient.${name}`])).toBeLessThan(1e-10)
  })

  it('starts learnable parameters the same', () => {
    for (const { name, start } of neuron.program.parameters)
      expect(start(T)).toBeCloseTo(tensors[`parameter.${name}`][0], 12)
  })
})
