import { expect } from 'vitest'
import type { Network } from '../../nn/index.ts'
import { planOf } from '../plan/index.ts'
import { compiledSteps } from './compiled.ts'
import { followed } from './follow.ts'
import { filled, someFrames } from './networks.ts'

/** The program in C fires where the plan does, except where a potential is within rounding of the threshold. */
export function expectSameSpikes(made: Network): void {
  const network = filled(made)
  const plan = planOf(network)
  const frames = someFrames(network, 12)
  const found = followed(plan, frames, compiledSteps(plan, frames))
  expect(found.wrong, JSON.stringify(found)).toBe(0)
  expect(found.near).toBeLessThanOrEqual(found.spikes / 100)
  expect(found.spikes).toBeGreaterThan(20)
  expect(found.deviation).toBeLessThan(1e-4)
}
