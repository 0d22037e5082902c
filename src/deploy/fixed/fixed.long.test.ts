import { describe, test } from 'vitest'
import { isInstalled } from '../testing/compiled.ts'
import { expectNearby, expectSameBits, fixedPairs } from '../testing/fixed-networks.ts'

test.each(fixedPairs)('%s network: whole numbers stay near the plan in float64', (name, neuron) =>
  expectNearby(name, neuron()),
)

// Without a compiler these are reported as skipped.
describe.skipIf(!isInstalled('gcc'))('C of whole numbers', () => {
  test.each(fixedPairs)('%s network: every spike and output, to the bit', (name, neuron) =>
    expectSameBits(name, neuron()),
  )
})
