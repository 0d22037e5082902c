import { describe, expect, test } from 'vitest'
import { hashedUniform } from '../base/index.ts'
import { defineNeuron, evaluate, evaluateGradient, type Neuron, type Truncation } from '../equations/index.ts'
import { alif, clif, glif, klif, lif, maskedPsn, plif, psn, slidingPsn, tcLif } from '../neurons/index.ts'
import { gradientLeft, gradientMap, mixed, mixingOf } from './gradient-map.ts'

const mine = defineNeuron({
  name: 'mine',
  constants: { tau: 2, threshold: 1 },
  learnable: { beta: 0.5 },
  equations: `
    u = (1 - 1/tau) * u + x
    s = spike(u - threshold - beta * a)
    a = 0.9 * a + s
    u = u - s * threshold`,
})

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
const smoothed = { surrogate: 'sigmoid', alpha: 4 } as const
const smooth = (v: number) => sigmoid(4 * v)
const T = 7
const currents = hashedUniform(T, 3).map((value) => 1.6 * value)

const everyNeuron: Neuron[] = [
  lif(smoothed),
  clif(smoothed),
  plif(smoothed),
  klif(smoothed),
  glif(smoothed),
  alif(smoothed),
  tcLif(smoothed),
  psn(smoothed),
  maskedPsn({ ...smoothed, k: 3 }),
  slidingPsn({ ...smoothed, k: 2 }),
  mine(smoothed),
]

describe.each(everyNeuron.map((neuron) => [neuron.name, neuron] as const))('%s', (_, neuron) => {
  const { maps } = gradientMap(neuron, { T, input: currents, spike: smooth })
  const [map] = maps

  test('is what finite differences of the evaluator are, with a smooth spike', () => {
    const mixing = mixingOf(neuron, T, 1)
    const run = (x: Float64Array) => evaluate(neuron, mixing ? mixed(mixing, x, T) : x, { T, spike: smooth }).s
    const h = 1e-6
    for (let t = 0; t < T; t++) {
      const by = (change: number) => run(currents.map((value, i) => (i === t ? value + change : value)))
      const [up, down] = [by(h), by(-h)]
      for (let source = 0; source < T; source++)
        expect(Math.abs(map.total.mean[t][source] - (up[source] - down[source]) / (2 * h))).toBeLessThan(1e-7)
    }
  })

  test('its parts sum to the whole, and are not all nothing', () => {
    let largest = 0
    for (let t = 0; t < T; t++)
      for (let source = 0; source < T; source++) {
        const parts = [...Object.values(map.through), ...(map.mixing ? [map.mixing] : []), map.spatial]
        const sum = parts.reduce((total, part) => total + part.mean[t][source], 0)
        expect(Math.abs(sum - map.total.mean[t][source])).toBeLessThan(1e-12)
        if (source !== t) largest = Math.max(largest, Math.abs(map.total.mean[t][source]))
        if (source !== t) expect(map.spatial.mean[t][source]).toBe(0)
      }
    expect(largest).toBeGreaterThan(0.01)
  })
})

describe('the recursion of the CLIF paper', () => {
  /** P, M1 and M2 of dL/du[t] for L = s[source], from the exact recursion, and dL/du[t] itself. */
  function recursion(x: ArrayLike<number>, source: number, tau: number, threshold: number) {
    const gamma = 1 - 1 / tau
    const n = x.length
    const [u, m, s] = [new Array<number>(n), new Array<number>(n), new Array<number>(n)]
    let [before, complement] = [0, 0]
    for (let t = 0; t < n; t++) {
      u[t] = gamma * before + x[t]
      s[t] = u[t] >= threshold ? 1 : 0
      m[t] = complement * sigmoid(u[t] / tau) + s[t]
      before = u[t] - s[t] * (threshold + sigmoid(m[t]))
      complement = m[t]
    }
    const slope = (v: number) => sigmoid(v) * (1 - sigmoid(v))
    const H = (t: number) => (Math.abs(u[t] - threshold) <= 0.5 ? 1 : 0)
    const psi = (t: number) => ((t > 0 ? m[t - 1] : 0) * slope(u[t] / tau)) / tau + H(t)
    const xi = (t: number) => gamma * (1 - (threshold + sigmoid(m[t])) * H(t)) - gamma * s[t] * slope(m[t]) * psi(t)
    const whole = new Array<number>(n).fill(0)
    const M1 = new Array<number>(n).fill(0)
    let [dU, dM] = [0, 0]
    for (let t = n - 1; t >= 0; t--) {
      const spatial = t === source ? H(t) : 0
      const toM = dU * (-gamma * s[t] * slope(m[t])) + dM * (t + 1 < n ? sigmoid(u[t + 1] / tau) : 0)
      const next = spatial + dU * gamma * (1 - (threshold + sigmoid(m[t])) * H(t)) + toM * psi(t)
      whole[t] = next
      ;[dU, dM] = [next, toM]
      if (t < source) M1[t] = (t + 1 === source ? H(source) : M1[t + 1]) * xi(t)
    }
    return { whole, M1, P: (t: number) => (t === source ? H(t) : 0) }
  }

  test.each([
    [2, 1],
    [1.5, 0.8],
  ])('agrees to 1e-10 in the whole, in P, M1 and M2 (tau %f, threshold %f)', (tau, threshold) => {
    const steps = 24
    let [cut, passed] = [0, 0]
    for (const seed of [1, 2, 3]) {
      const x = hashedUniform(steps, seed).map((value) => 1.4 * value)
      const [map] = gradientMap(clif({ tau, threshold }), { T: steps, input: x }).maps
      for (let source = 0; source < steps; source++) {
        const { whole, M1, P } = recursion(x, source, tau, threshold)
        for (let t = 0; t < steps; t++) {
          const M2 = map.changing.mean[t][source]
          expect(Math.abs(map.total.mean[t][source] - whole[t])).toBeLessThan(1e-10)
          expect(Math.abs(map.spatial.mean[t][source] - P(t))).toBeLessThan(1e-10)
          expect(Math.abs(map.alone.u.mean[t][source] - M1[t])).toBeLessThan(1e-10)
          expect(Math.abs(M2 - (whole[t] - P(t) - M1[t]))).toBeLessThan(1e-10)
          if (source - t > 6 && whole[t] !== 0) passed++
          if (source - t > 6 && whole[t] === 0) cut++
        }
      }
    }
    expect(passed).toBeGreaterThan(cut / 10)
  })
})

describe('truncated backpropagation', () => {
  const steps = 9
  const x = hashedUniform(steps, 5).map((value) => 1.5 * value)
  const g = hashedUniform(steps, 6).map((value) => 2 * value - 1)
  const kinds = ['window', 'prefix'] as const
  const reaches = (t: number, source: number, { k, kind }: Truncation) =>
    kind === 'window' ? source <= t + k - 1 : source === t || source < k

  test.each([lif(), clif(), plif(), alif({ threshold: 0.01 }), mine()])(
    '$name: for every k its gradient is the map with the rest struck out',
    (neuron) => {
      const [{ total }] = gradientMap(neuron, { T: steps, input: x }).maps
      for (const kind of kinds)
        for (let k = 1; k <= steps; k++) {
          const truncation = { k, kind }
          const { input } = evaluateGradient(neuron, x, g, { T: steps, truncation })
          for (let t = 0; t < steps; t++) {
            let sum = 0
            for (let source = t; source < steps; source++)
              if (reaches(t, source, truncation)) sum += g[source] * total.mean[t][source]
            expect(Math.abs(input[t] - sum)).toBeLessThan(1e-10)
          }
        }
    },
  )

  test.each([
    ['plif', plif(), plif({ w: { start: '-log(tau - 1)', per: 'step' } })],
    ['mine', mine(), mine({ beta: { start: 0.5, per: 'step' } })],
  ])('%s: learned parameters get what each step’s share keeps', (_, neuron, perStep) => {
    const [name] = neuron.program.parameters.map((parameter) => parameter.name)
    for (const kind of kinds)
      for (let k = 1; k <= steps; k++) {
        const truncation = { k, kind }
        const { parameters } = evaluateGradient(neuron, x, g, { T: steps, truncation })
        let sum = 0
        for (let t = 0; t < steps; t++) {
          const kept = g.map((value, source) => (source >= t && reaches(t, source, truncation) ? value : 0))
          sum += evaluateGradient(perStep, x, kept, { T: steps }).parameters[name][t]
        }
        expect(Math.abs(parameters[name][0] - sum)).toBeLessThan(1e-10)
        if (k === steps)
          expect(parameters[name][0]).toBe(evaluateGradient(neuron, x, g, { T: steps }).parameters[name][0])
      }
  })
})

test('what is left: CLIF keeps gradient where LIF has lost it', () => {
  const { maps, about, unit } = gradientMap([lif(), clif()], { T: 32 })
  expect([about, unit]).toEqual(['input poisson:0.3, seed 1, mean of 256 neurons', "d s[t'] / d x[t]"])
  const [ofLif, ofClif] = maps.map((map) => [1, 2, 4, 8, 16].map((distance) => gradientLeft(map, distance)))
  expect(ofLif[3]).toBeLessThan(0.01)
  for (const i of [0, 1, 2, 3, 4]) expect(ofClif[i]).toBeGreaterThan(ofLif[i])
  expect(ofClif[3]).toBeGreaterThan(5 * ofLif[3])
  expect(gradientLeft(maps[0], 0)).toBe(1)
  expect(gradientLeft(maps[0], 32)).toBeNaN()
})
