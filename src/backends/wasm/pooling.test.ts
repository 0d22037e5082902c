import { expect, test } from 'vitest'
import { createWasm } from './index.ts'

test('pools of few spikes stay bytes: counts of averages, spikes of maxima', async () => {
  const b = await createWasm()
  // One channel group of four: 3, 1, 0 and 0 spikes in one cell; a window is open in the first and in the last.
  const bytes = Uint8Array.from([1, 0, 0, 0, 3, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 2])
  const x = b.spikes([1, 1, 2, 2, 4], bytes, 0.5)
  const cells = { kernel: [2, 2], stride: [2, 2], padding: [0, 0] } as const
  const counts = b.pool(x, { kind: 'average', ...cells })
  expect(counts.kind).toBe('counts')
  expect([...(await b.readBytes(counts))]).toEqual([0b1111, 0b1, 0, 0b10])
  expect([...(await b.read(counts))]).toEqual([0.375, 0.125, 0, 0])
  expect([...(await b.read(b.activity(counts)))]).toEqual([2, 2])
  const maxima = b.pool(x, { kind: 'max', ...cells })
  expect(maxima.kind).toBe('spikes')
  // The first spike in row-major order, or else the first value, with its window.
  expect([...(await b.readBytes(maxima))]).toEqual([1, 1, 0, 0])
  const large = b.spikes([1, 1, 3, 3, 4], new Uint8Array(36), 1)
  expect(b.pool(large, { kind: 'average', ...cells, kernel: [3, 3] }).kind, 'nine do not fit').toBe('dense')
  await b.close()
})
