import { expect, test } from 'vitest'
import { defineNeuron } from '../equations/index.ts'
import { alif, clif, psn } from '../neurons/index.ts'
import { rasterOf } from './raster.ts'
import { record } from './recording.ts'

test('neurons that fire are shown, silent ones counted', () => {
  const { panels } = rasterOf({ T: 3, M: 4, s: [0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1] })
  expect(panels).toEqual([{ name: 'spikes', spikes: [[0, 2], [1, 2]], neurons: 4, silent: 2 }]) // biome-ignore format: one line
  expect(rasterOf({ T: 1, M: 50, s: new Float64Array(50).fill(1) }, { neurons: 5 }).panels[0].spikes).toHaveLength(5)
  expect(() => rasterOf({ T: 2, M: 2, s: [1] })).toThrow('do not fill a raster')
})

test('the threshold of a recording is what the potential is compared with, moving ones too', () => {
  const input = 'constant:1.5'
  const [fixed] = record(clif(), { T: 6, input }).recordings
  expect(fixed.membrane?.name).toBe('u#1')
  for (const value of fixed.membrane?.threshold ?? []) expect(value).toBeCloseTo(1, 12)
  const [moving] = record(alif(), { T: 40, input }).recordings
  expect(moving.membrane?.threshold).toEqual(moving.values.B)
  const own = defineNeuron({ name: 'own', equations: 'u = 0.5 * u + x\ns = spike(u - 1 - a)\na = 0.9 * a + s' })()
  const [{ membrane, s }] = record(own, { T: 9, input }).recordings
  s.forEach((fired, t) => {
    expect(fired === 1).toBe((membrane?.potential[t] ?? 0) >= (membrane?.threshold[t] ?? 0))
  })
  expect(record(psn(), { T: 3, input }).recordings[0].s).toHaveLength(3)
})
