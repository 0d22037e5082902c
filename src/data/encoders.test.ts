import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { delta, direct, frames, latency, place, poisson } from './encoders.ts'

describe('encoders', () => {
  test('direct repeats one frame', async () => {
    const backend = createInterpreter()
    const x = place(backend, direct([1, 2], [1, 2]))
    expect(x.shape).toEqual([1, 1, 2])
    expect([...(await backend.read(x.handle))]).toEqual([1, 2])
  })

  test('frames of recordings go from sample first to time first', () => {
    // Two samples, three steps, two values: sample 0 counts from 0, sample 1 from 100.
    const values = [0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104, 105]
    expect(frames(values, [6, 2], { T: 3 })).toEqual({
      kind: 'dense',
      shape: [3, 2, 2],
      values: Float32Array.of(0, 1, 100, 101, 2, 3, 102, 103, 4, 5, 104, 105),
    })
  })

  test('poisson fires at the rate of each value, by seed', () => {
    const encode = (seed: number) => poisson([0, 0.25, 1], [1, 3], { T: 4000, seed })
    const encoded = encode(1)
    if (encoded.kind !== 'spikes') throw new Error('not spikes')
    const counts = [0, 0, 0]
    encoded.bytes.forEach((byte, i) => {
      counts[i % 3] += byte
    })
    expect(counts[0]).toBe(0)
    expect(counts[1] / 4000).toBeCloseTo(0.25, 1)
    expect(counts[2]).toBe(4000)
    expect(encode(1)).toEqual(encoded)
    expect(encode(2)).not.toEqual(encoded)
  })

  test('latency fires once, the larger the earlier, never at 0', () => {
    const encoded = latency([1, 0.5, 0, 0.01], [1, 4], { T: 5 })
    if (encoded.kind !== 'spikes') throw new Error('not spikes')
    const steps = [0, 1, 2, 3].map((i) => Array.from({ length: 5 }, (_, t) => encoded.bytes[t * 4 + i]).indexOf(1))
    expect(steps).toEqual([0, 2, -1, 4])
    expect(encoded.bytes.reduce((a, b) => a + b)).toBe(3)
  })

  test('delta fires where a value rose, and in channels of their own where it fell', async () => {
    const values = [1, 0, 1, 0.5, 0, 0.5]
    const rises = delta(values, [3, 1, 2], { threshold: 0.5 })
    expect(rises).toEqual({ kind: 'spikes', shape: [3, 1, 2], bytes: Uint8Array.of(1, 0, 0, 1, 0, 0) })
    const both = delta(values, [3, 1, 2], { threshold: 0.5, offSpikes: true })
    expect(both).toEqual({
      kind: 'spikes',
      shape: [3, 1, 4],
      bytes: Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0),
    })
    const backend = createInterpreter()
    expect(place(backend, both).shape).toEqual([3, 1, 4])
  })

  test('values must fill their shape', () => {
    expect(() => direct([1], [1, 2])).toThrow(/fill the shape/)
  })
})
