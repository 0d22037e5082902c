import { expect } from 'vitest'
import { defineNeuron, type Neuron } from '../../equations/index.ts'
import { clif, integrateFire, lif, plif } from '../../neurons/index.ts'
import { type FixedPlan, FixedRun, fixedPlan } from '../fixed/index.ts'
import { type Plan, PlanRun, planOf } from '../plan/index.ts'
import { compiledSteps } from './compiled.ts'
import { filled, someFrames, testedNetworks } from './networks.ts'

/** Operations that no other tested neuron has. */
const odd = defineNeuron({
  name: 'odd',
  constants: { threshold: 0.6 },
  learnable: { w: 0.4 },
  equations: `
    u = 0.75 * u + tanh(x) / (1 + abs(u)) + max(min(x, exp(w)), -1)
    m = where(u - 0.3, 0.9 * m + round(u) * 0.1, floor(u) * 0.05) + u^2 * 0.01
    s = spike(u - threshold - 0.1 * m)
    reset(u)`,
})

/** Networks in whole numbers, each with another neuron. */
export const fixedPairs: readonly (readonly [string, () => Neuron])[] = [
  ['convolutional', lif],
  ['residual', plif],
  ['recurrent', clif],
  ['transformer', integrateFire],
  ['own', lif],
  ['snn3', odd],
  ['spreading', clif],
]

/** A network filled with numbers, exact and whole, and frames for it. */
export function fixedNetwork(
  name: string,
  neuron: Neuron,
  type: 'int8' | 'int16' = 'int16',
): { exact: Plan; frames: Float32Array[]; fixed: FixedPlan } {
  const network = filled(testedNetworks[name](neuron))
  const frames = someFrames(network, 12)
  const exact = planOf(network)
  return { exact, frames, fixed: fixedPlan(exact, type, [frames]) }
}

/** Of all spikes, 98 of 100 are those of the plan in float64. */
export function expectNearby(name: string, neuron: Neuron): void {
  const { exact, frames, fixed } = fixedNetwork(name, neuron)
  expect(fixed.math.bits).toBeGreaterThanOrEqual(12)
  const [run, whole] = [new PlanRun(exact), new FixedRun(fixed)]
  let [same, all] = [0, 0]
  for (const frame of frames) {
    run.step(frame)
    whole.step(frame)
    exact.values.forEach(({ kind }, ref) => {
      if (kind !== 'spikes') return
      run.values[ref].forEach((spike, i) => {
        all++
        if (spike * fixed.math.one === whole.values[ref][i]) same++
      })
    })
  }
  expect(same / all).toBeGreaterThan(0.98)
}

/** The program in C gives every spike and output of `FixedRun`, to the bit. */
export function expectSameBits(name: string, neuron: Neuron): void {
  const { frames, fixed } = fixedNetwork(name, neuron, 'int8')
  const step = compiledSteps(fixed, frames)
  const run = new FixedRun(fixed)
  let spikes = 0
  frames.forEach((frame, t) => {
    const { outputs, fired } = step(frame, t === 0)
    expect(Array.from(outputs)).toEqual(Array.from(run.step(frame)))
    for (const [at, marks] of fired) {
      const { to } = fixed.plan.steps[at] as { readonly to: number }
      const wanted = run.values[to].map((value) => value / fixed.math.one)
      expect(Array.from(marks)).toEqual(Array.from(wanted))
      spikes += wanted.reduce((sum, one) => sum + one, 0)
    }
  })
  expect(spikes).toBeGreaterThan(20)
}
