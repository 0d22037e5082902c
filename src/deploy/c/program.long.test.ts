import { describe, test } from 'vitest'
import { isInstalled } from '../testing/compiled.ts'
import { expectSameSpikes } from '../testing/compiled-spikes.ts'
import { testedNetworks, testedNeurons } from '../testing/networks.ts'

// Without a compiler these are reported as skipped.
describe.skipIf(!isInstalled('gcc'))('C by gcc', () => {
  describe.each(Object.entries(testedNeurons))('of %s', (_, neuron) => {
    test.each(Object.entries(testedNetworks))('%s: spikes and outputs are the plan’s', (_, make) =>
      expectSameSpikes(make(neuron())),
    )
  })
})
