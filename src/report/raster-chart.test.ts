import { expect, test } from 'vitest'
import { rasterOf, record } from '../analysis/index.ts'
import { alif, clif } from '../neurons/index.ts'
import { draw } from './draw.ts'
import { stepsAt } from './raster-chart.ts'

test('a raster has a mark for each spike, and the threshold as a dashed line', () => {
  const recording = record([clif(), alif()], { T: 12, neurons: 6, input: 'constant:1.2' })
  const raster = rasterOf(recording)
  const svg = draw(raster)
  const spikes = recording.recordings[0].s.reduce((sum, value) => sum + value, 0)
  const [marks] = /d="(M[^"]*h[^"]*)"/.exec(svg)?.slice(1) ?? ['']
  expect(marks.match(/h/g)?.length).toBe(spikes)
  expect(svg.match(/stroke-dasharray="5 4"/g)).toHaveLength(2)
  expect(svg).not.toMatch(/NaN|undefined/)
})

test('no spikes, and no neurons that could be silent, are no fault', () => {
  expect(draw(rasterOf({ T: 3, M: 2, s: new Float64Array(6) }))).toContain('no spikes')
  expect(draw(rasterOf({ T: 1, M: 1, s: [1] }))).toContain('1 neuron<')
})

test('first and last step are always written', () => {
  expect([stepsAt(1), stepsAt(3), stepsAt(100, 3)]).toEqual([[0], [0, 1, 2], [0, 50, 99]]) // biome-ignore format: one line
})
