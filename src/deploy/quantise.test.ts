import { describe, expect, test } from 'vitest'
import { lif } from '../neurons/index.ts'
import { PlanRun, planOf, type WeightType } from './plan/index.ts'
import { quantised } from './quantise.ts'
import { followed } from './testing/follow.ts'
import { wasmSteps } from './testing/in-wasm.ts'
import { filled, someFrames, testedNetworks } from './testing/networks.ts'

const network = filled(testedNetworks.convolutional(lif()))
const plan = planOf(network)
const frames = someFrames(network, 6)

/** Largest difference of the first step's outputs. */
function distance(type: WeightType, calibration: Float32Array[][] = []): number {
  const [a, b] = [new PlanRun(plan), new PlanRun(quantised(plan, type, calibration))]
  let sum = 0
  for (const frame of frames) {
    const exact = a.step(frame)
    b.step(frame).forEach((value, k) => (sum += Math.abs(value - exact[k])))
  }
  return sum
}

describe('smaller weights', () => {
  test('the finer, the nearer to the network', () => {
    expect(distance('int16')).toBeLessThan(0.02)
    expect(distance('float16')).toBeLessThan(0.1)
    expect(distance('int8')).toBeLessThan(3)
    expect(distance('float32')).toBe(0)
  })

  test.each(['int8', 'int16', 'float16'] as const)('a module of %s fires as its plan', (type) => {
    const small = quantised(plan, type, [frames])
    expect(small.steps.every((step) => step.op !== 'conv' || step.weight.type === type)).toBe(true)
    const found = followed(small, frames, wasmSteps(small))
    expect(found.wrong, JSON.stringify(found)).toBe(0)
    expect(found.spikes).toBeGreaterThan(20)
    expect(found.deviation).toBeLessThan(1e-4)
  })

  test('calibration takes the mean error of a channel off its bias', () => {
    const linear = {
      ...plan,
      steps: plan.steps.slice(0, 1),
      output: plan.steps[0].op === 'conv' ? plan.steps[0].to : 0,
    }
    const [a, b] = [new PlanRun(linear), new PlanRun(quantised(linear, 'int8', [frames]))]
    const errors = new Float64Array(6)
    for (const frame of frames) {
      const exact = Float64Array.from(a.step(frame))
      b.step(frame).forEach((value, i) => (errors[i % 6] += value - exact[i]))
    }
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(1e-9)
  })

  test('a weight that float16 cannot hold is refused by its layer', () => {
    const large = filled(testedNetworks.recurrent(lif()))
    const weight = large.parameter('0.weight')
    weight.set(weight.values.map((value) => value * 1e7))
    expect(() => quantised(planOf(large), 'float16')).toThrow(/layer "0"/)
  })
})
