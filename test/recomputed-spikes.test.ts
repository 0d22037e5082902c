import { expect, test } from 'vitest'
import { type Backend, createInterpreter } from '../src/backends/index.ts'
import { describeRecomputedSpikes, disagreements } from './recomputed-spikes.ts'

describeRecomputedSpikes(
  [
    { T: 64, pixels: 60, normalised: true },
    { T: 33, pixels: 70, normalised: false },
    { T: 5, pixels: 200, normalised: false },
    { T: 1, pixels: 1000, normalised: true },
  ],
  2.5e5,
)

test('a spike that is not the stored one would be found', async () => {
  const b = createInterpreter()
  const flipped: Backend = {
    ...b,
    neuronBackward: (x, ...rest) => {
      const shifted = b.add(x, b.tensor(x.shape, new Float64Array(32 * 40 * 5).fill(0.01)))
      return b.neuronBackward(shifted, ...rest)
    },
  }
  const { wrong } = await disagreements(flipped, { T: 5, pixels: 40, normalised: false })
  expect(wrong).toBeGreaterThan(0)
})
