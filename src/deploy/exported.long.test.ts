import { describe, expect, test } from 'vitest'
import { type Plan, planOf } from './plan/index.ts'
import { compiledSteps, isInstalled } from './testing/compiled.ts'
import { followed } from './testing/follow.ts'
import { wasmSteps } from './testing/in-wasm.ts'
import { filled, someFrames, testedNetworks, testedNeurons } from './testing/networks.ts'

const samples = 500
const T = 4

/** Without a compiler only modules run; the summary then names no C. */
const programs: [string, (plan: Plan, frames: Float32Array[]) => ReturnType<typeof wasmSteps>][] = [
  ['WebAssembly', (plan) => wasmSteps(plan)],
  ...(isInstalled('gcc') ? [['C', (plan, frames) => compiledSteps(plan, frames, T)] as (typeof programs)[number]] : []),
]

describe.each(programs)('%s of 500 samples', (_, make) => {
  describe.each(Object.entries(testedNeurons))('%s', (_name, neuron) => {
    test.each(Object.entries(testedNetworks))(
      '%s: every spike and every class',
      { timeout: 300_000 },
      (kind, build) => {
        const network = filled(build(neuron()), 7)
        const plan = planOf(network)
        const frames = someFrames(network, samples * T, 100)
        const found = followed(plan, frames, make(plan, frames), T)
        expect(found.wrong, `${kind} ${JSON.stringify(found)}`).toBe(0)
        expect(found.near).toBeLessThanOrEqual(found.spikes / 1000)
        expect(found.agreed).toBe(samples)
        expect(found.deviation).toBeLessThan(1e-4)
      },
    )
  })
})
