import { describe, expect, it } from 'vitest'
import { Random } from '../base/index.ts'
import { defineNeuron } from './define.ts'
import { printNeuron } from './print.ts'
import type { LearnableParameter } from './program.ts'
import { evaluate } from './sequence.ts'

const make = (a: unknown, constants: { [name: string]: number } = { tau: 2 }) =>
  defineNeuron({
    name: 'n',
    constants,
    learnable: { a: a as number },
    equations: 's = a * x',
  })({}).program.parameters[0]
const draw = (parameter: LearnableParameter, size = 4000, seed = 1) => [...parameter.draw(3, size, new Random(seed))]
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length

describe('starts of learnable parameters', () => {
  it('are drawn evenly between two numbers', () => {
    const values = draw(make('uniform(tau / 4, 0.9)'))
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0.5)
    expect(Math.max(...values)).toBeLessThan(0.9)
    expect(mean(values)).toBeCloseTo(0.7, 1)
    expect(mean(values.map((v) => (v < 0.6 ? 1 : 0)))).toBeCloseTo(0.25, 1)
  })

  it('are drawn from a normal distribution', () => {
    const values = draw(make('normal(-1, 0.5)'))
    const centre = mean(values)
    expect(Math.abs(centre + 1)).toBeLessThan(0.03)
    expect(Math.abs(mean(values.map((v) => (v - centre) ** 2)) - 0.25)).toBeLessThan(0.02)
  })

  it('may be made of draws', () => {
    const parameter = make('exp(-1 / uniform(5, 25))')
    const values = draw(parameter)
    expect(Math.min(...values)).toBeGreaterThanOrEqual(Math.exp(-1 / 5))
    expect(Math.max(...values)).toBeLessThan(Math.exp(-1 / 25))
    expect(parameter.start(1)).toBe(Math.exp(-1 / 15))
  })

  it('are the same for a seed, and differ between seeds', () => {
    const parameter = make('normal(0, 1)')
    expect(draw(parameter, 5)).toEqual(draw(parameter, 5))
    expect(draw(parameter, 5)).not.toEqual(draw(parameter, 5, 2))
  })

  it('are an array of values', () => {
    expect(draw(make([1, 2, 3]), 3)).toEqual([1, 2, 3])
    expect(make([1, 2, 3]).start(1)).toBe(2)
    expect(() => draw(make([1, 2, 3]), 4)).toThrow(/the start of 'a' has 3 values[\s\S]*expected 4/)
    expect(() => draw(make([1, Number.NaN]), 2)).toThrow(/value 1 of the start of 'a' is NaN/)
  })

  it('refuse what is no start', () => {
    expect(() => make('uniform(1)')).toThrow(/uniform\(\) takes 2 arguments, not 1/)
    expect(() => make('uniform(1, b)')).toThrow(/unknown name 'b'/)
    expect(() => defineNeuron({ name: 'n', equations: 's = uniform(x, 1)' })).toThrow(/unknown function 'uniform'/)
  })
})

describe('bounds', () => {
  it('are numbers or expressions in the constants, kept by draws', () => {
    const parameter = make({ start: 'normal(0, 1)', min: -0.5, max: 'tau / 4' })
    expect([parameter.min, parameter.max]).toEqual([-0.5, 0.5])
    const values = draw(parameter)
    expect([Math.min(...values), Math.max(...values)]).toEqual([-0.5, 0.5])
  })

  it.each([
    [{ start: 2, max: 1 }, /starts at 2, outside of its bounds[\s\S]*-infinity to 1/],
    [{ start: [0, -3], min: -1 }, /starts at -3, outside/],
    [{ start: 1, min: 1, max: 1 }, /no room between its bounds/],
    [{ start: 1, min: 'q' }, /unknown name 'q'/],
  ])('%j is refused', (a, message) => {
    expect(() => make(a)).toThrow(message)
  })

  it('and random starts are printed', () => {
    const neuron = defineNeuron({
      name: 'n',
      learnable: { a: { start: 'uniform(0, 1)', per: 'neuron', min: 0, max: 1 }, b: [0.5, 1] },
      equations: 's = a * x + b',
    })()
    expect(printNeuron(neuron)).toContain('a  one per neuron, starts at uniform(0, 1), at least 0, at most 1')
    expect(printNeuron(neuron)).toContain('b  one per layer, starts at 2 values of its own')
  })
})

describe('a value for each neuron', () => {
  const neuron = defineNeuron({
    name: 'n',
    learnable: { a: { start: 'uniform(0, 1)', per: 'neuron' } },
    equations: 's = a * x',
  })()

  it('is drawn for each of a run, or given for a frame', () => {
    const { s } = evaluate(neuron, [1, 1, 1, 1], { T: 1 })
    expect(new Set(s).size).toBe(4)
    expect([...evaluate(neuron, [1, 1, 1, 1], { T: 1, parameters: { a: [2, 3] } }).s]).toEqual([2, 3, 2, 3])
    expect(() => evaluate(neuron, [1, 1, 1, 1], { T: 1, parameters: { a: [1, 2, 3] } })).toThrow(/one per neuron/)
    const sized = evaluate(neuron, [1, 1], { T: 1, seed: 4 }).s
    expect([...sized]).not.toEqual([...evaluate(neuron, [1, 1], { T: 1, seed: 5 }).s])
  })
})
