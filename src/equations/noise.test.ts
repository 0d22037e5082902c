import { describe, expect, it } from 'vitest'
import { defineNeuron } from './define.ts'
import { noiseKeys, noiseValue } from './noise.ts'
import { printNeuron } from './print.ts'
import { evaluate, evaluateGradient } from './sequence.ts'

const noisy = defineNeuron({
  name: 'noisy',
  constants: { threshold: 1 },
  learnable: { sigma: 0.3 },
  equations: 'u = 0.5 * u + x + sigma * noise()\ns = spike(u - threshold)\nu = u - s * threshold',
})

const many = (count: number, key = 7) => {
  const keys = noiseKeys({ key, step: 0 }, 0, 0, 1)
  return Float64Array.from({ length: count }, (_, i) => noiseValue(keys, i))
}
const mean = (values: ArrayLike<number>, f: (v: number) => number = (v) => v) =>
  Array.from(values).reduce((sum, v) => sum + f(v), 0) / values.length

/** The error function by its integral, as the share of a normal distribution below v. */
function below(v: number): number {
  const n = 2000
  const f = (i: number) => Math.exp(-((-8 + ((v + 8) * i) / n) ** 2) / 2)
  let sum = f(0) + f(n)
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * f(i)
  return (sum * (v + 8)) / n / 3 / Math.sqrt(2 * Math.PI)
}

describe('the numbers', () => {
  it('are standard normal, by moments and by their distribution', () => {
    const values = many(200_000)
    expect(Math.abs(mean(values))).toBeLessThan(0.008)
    expect(Math.abs(mean(values, (v) => v * v) - 1)).toBeLessThan(0.012)
    expect(Math.abs(mean(values, (v) => v ** 3))).toBeLessThan(0.035)
    expect(Math.abs(mean(values, (v) => v ** 4) - 3)).toBeLessThan(0.09)
    for (const v of [-3, -2, -1, -0.3, 0, 0.5, 1.5, 2.5])
      expect(Math.abs(mean(values, (x) => (x <= v ? 1 : 0)) - below(v))).toBeLessThan(0.0045)
    const largest = values.reduce((most, v) => Math.max(most, v))
    expect(largest).toBeGreaterThan(3.9)
    expect(largest).toBeLessThan(6)
  })

  it('of neighbours, steps, places and keys have nothing to do with each other', () => {
    const at = (key: number, step: number, place: number) => {
      const keys = noiseKeys({ key, step }, 0, place, 2)
      return Float64Array.from({ length: 20_000 }, (_, i) => noiseValue(keys, i))
    }
    const own = at(3, 0, 0)
    for (const other of [own.slice(1), at(4, 0, 0), at(3, 1, 0), at(3, 0, 1)]) {
      const together = Array.from({ length: 19_999 }, (_, i) => own[i] * other[i])
      expect(Math.abs(mean(together))).toBeLessThan(0.03)
    }
  })

  it('of a step do not depend on how many steps are run at once', () => {
    const [a, b] = [noiseKeys({ key: 9, step: 0 }, 3, 1, 2), noiseKeys({ key: 9, step: 3 }, 0, 1, 2)]
    expect(a).toEqual(b)
  })
})

describe('noise() in equations', () => {
  const x = Float64Array.from({ length: 12 }, (_, i) => 0.2 + (i % 5) / 5)
  const noise = { key: 5, step: 0 }

  it('is 0 unless it is drawn, and another number at every call', () => {
    expect([...evaluate(noisy(), x, { T: 4 }).observed['u#1'].slice(0, 3)]).toEqual([...x.slice(0, 3)])
    const two = defineNeuron({ name: 'two', equations: 'a = noise()\nb = noise()\ns = a - b + x' })()
    const { observed } = evaluate(two, x, { T: 4, noise })
    const places = [0, 1].map((place) => noiseKeys(noise, 2, place, 2))
    expect(observed.a[2 * 3 + 1]).toBe(noiseValue(places[0], 1))
    expect(observed.b[2 * 3 + 1]).toBe(noiseValue(places[1], 1))
  })

  it('is the same on the way back: gradients are those of differences', () => {
    const spike = (v: number) => 1 / (1 + Math.exp(-4 * v))
    const neuron = noisy({ surrogate: 'sigmoid', alpha: 4 })
    const loss = (sigma: number, input: ArrayLike<number>) =>
      evaluate(neuron, input, { T: 4, noise, spike, parameters: { sigma: [sigma] } }).s.reduce(
        (sum, s, i) => sum + (1 + i / 7) * s,
        0,
      )
    const weights = x.map((_, i) => 1 + i / 7)
    const { parameters, input } = evaluateGradient(neuron, x, weights, { T: 4, noise, spike })
    const h = 1e-5
    expect(parameters.sigma[0]).toBeCloseTo((loss(0.3 + h, x) - loss(0.3 - h, x)) / (2 * h), 7)
    const moved = (by: number) => x.map((value, i) => (i === 4 ? value + by : value))
    expect(input[4]).toBeCloseTo((loss(0.3, moved(h)) - loss(0.3, moved(-h))) / (2 * h), 7)
  })

  it('is printed by its place, and can be asked for in evaluation', () => {
    expect(printNeuron(noisy())).toMatch(/= noise 1\n/)
    expect(noisy().noise).toBe('training')
    expect(noisy({ noise: 'always' }).noise).toBe('always')
    expect(() => noisy({ noise: 'never' as 'always' })).toThrow(/noise cannot be drawn 'never'/)
  })

  it('takes no argument, is no name, and stands in equations alone', () => {
    const define = (equations: string, more = {}) => defineNeuron({ name: 'n', equations, ...more })
    expect(() => define('s = x + noise(2)')).toThrow(/noise\(\) takes no arguments, not 1/)
    expect(() => define('noise = x\ns = noise')).toThrow(/'noise' is a function/)
    expect(() => define('s = a * x', { learnable: { a: 'noise()' } })).toThrow(/noise\(\) cannot be used here/)
    const quiet = define('s = spike(x)') as unknown as (options: object) => unknown
    expect(() => quiet({ noise: 'always' })).toThrow(/its equations have no noise\(\)/)
  })
})
