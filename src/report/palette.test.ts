import { expect, test } from 'vitest'
import { neurons } from '../neurons/index.ts'
import { colourCount, coloursOf, inkOf, paletteStyle } from './palette.ts'

test('a neuron of the registry has one colour, whatever stands beside it', () => {
  const all = coloursOf(Object.keys(neurons))
  expect(new Set(all.values()).size).toBe(Object.keys(neurons).length)
  expect(coloursOf(['clif']).get('clif')).toBe(all.get('clif'))
  expect(coloursOf(['mine', 'psn', 'clif']).get('clif')).toBe(all.get('clif'))
})

test('other names take colours that nobody here has', () => {
  const colours = coloursOf(['mine', 'lif', 'toString', 'clif', 'mine'])
  expect(colours.size).toBe(4)
  expect(new Set(colours.values()).size).toBe(4)
})

test('every colour is there on light and on dark pages', () => {
  for (const page of ['light', 'dark'] as const)
    for (let i = 0; i < colourCount; i++) expect(paletteStyle(page)).toMatch(new RegExp(`--series-${i}:#[0-9a-f]{6}`))
  expect([inkOf(1), inkOf(colourCount), inkOf('var(--ink)')]).toEqual([
    'var(--series-1)',
    'var(--series-0)',
    'var(--ink)',
  ])
})

test('a paper’s spelling of a neuron has its colour', () => {
  const colours = coloursOf(['CLIF', 'other'])
  expect(colours.get('CLIF')).toBe(coloursOf(['clif']).get('clif'))
  expect(colours.get('other')).not.toBe(colours.get('CLIF'))
})
