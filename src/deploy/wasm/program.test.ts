import { describe, expect, test } from 'vitest'
import { iLif } from '../../neurons/index.ts'
import { planOf } from '../plan/index.ts'
import { followed } from '../testing/follow.ts'
import { wasmSteps } from '../testing/in-wasm.ts'
import { filled, someFrames, testedNetworks, testedNeurons } from '../testing/networks.ts'

describe.each(Object.entries(testedNeurons))('modules of %s', (_, neuron) => {
  test.each(Object.entries(testedNetworks))('%s: spikes and outputs are the plan’s', (name, make) => {
    const network = filled(make(neuron()))
    const plan = planOf(network)
    const frames = someFrames(network, 12)
    const found = followed(plan, frames, wasmSteps(plan))
    expect(found.wrong, JSON.stringify(found)).toBe(0)
    expect(found.near).toBeLessThanOrEqual(found.spikes / 100)
    expect(found.spikes, name).toBeGreaterThan(20)
    expect(found.deviation).toBeLessThan(1e-4)
  })
})

test.each(Object.entries(testedNetworks))('%s: counted spikes go on as numbers', (name, make) => {
  const plan = planOf(filled(make(iLif())))
  const found = followed(plan, someFrames(filled(make(iLif())), 12), wasmSteps(plan))
  expect(found.wrong).toBe(0)
  expect(found.largest, name).toBeGreaterThan(0.1)
  expect(found.deviation).toBeLessThan(1e-4)
})
