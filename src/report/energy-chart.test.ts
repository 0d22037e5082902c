import { expect, test } from 'vitest'
import { energy } from '../analysis/index.ts'
import { snn3, spikingResnet } from '../models/index.ts'
import { lif } from '../neurons/index.ts'
import { draw } from './draw.ts'
import { energyText } from './energy-chart.ts'

test('energies have three digits and a unit', () => {
  expect([0, 0.5, 1, 999, 1e3, 12345678, 6.77e10, 2e15].map(energyText)).toEqual([
    '0',
    '0.5 pJ',
    '1 pJ',
    '999 pJ',
    '1 nJ',
    '12.3 µJ',
    '67.7 mJ',
    '2000 J',
  ])
})

test('a picture tells parts and layers, in words too; many layers are summed up', () => {
  const input = { classes: 10, neuron: lif() }
  const small = draw(energy(snn3({ ...input, input: [16, 16, 1] }), { T: 2, rates: [0.1, 0.1, 0.1] }))
  expect(small).toMatch(/aria-label="Energy\. snn3, lif, T = 2, corrected accounting: [\d.]+ [nµ]J an inference/)
  expect(small).toContain('potentials')
  expect(small).not.toContain('others')
  const large = draw(energy(spikingResnet(18, { ...input, input: [32, 32, 3] }), { T: 2, rates: Array(17).fill(0.1) }))
  expect(large).toContain('>29 others<')
  expect(large).toContain('>blocks.4.conv1<')
})
