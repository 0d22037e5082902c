import { expect, test } from 'vitest'
import { rasterOf } from './raster.ts'

test('a raster holds each spike as its step and its neuron', () => {
  const recording = {
    name: 'layer',
    T: 2,
    M: 3,
    x: new Float64Array(6),
    s: Float64Array.of(0, 1, 0, 1, 0, 1),
    values: {},
    states: [],
  }
  const raster = rasterOf({ type: 'recording', T: 2, about: 'test', recordings: [recording] })
  expect(raster).toEqual({
    type: 'raster',
    T: 2,
    about: 'test',
    layers: [{ name: 'layer', neurons: 3, t: Uint32Array.of(0, 1, 1), neuron: Uint32Array.of(1, 0, 2) }],
  })
})
