import { expect, it } from 'vitest'
import { percentText } from '../base/index.ts'
import { meanText, proseTable, tableText } from './table.ts'

it('aligns columns, numbers to the right', () => {
  const text = tableText(
    ['neuron', 'accuracy'],
    [
      ['lif', '9.1 %'],
      ['clif', '88.12 %'],
    ],
  )
  expect(text.split('\n')).toEqual(['neuron  accuracy', '──────  ────────', 'lif        9.1 %', 'clif     88.12 %'])
})

it('writes shares as percent, and none as a dash', () => {
  expect([percentText(0.8735), percentText(undefined), percentText(Number.NaN)]).toEqual(['87.35 %', '-', '-'])
})

it('gives mean and sample deviation', () => {
  expect(meanText([0.5])).toBe('50.00 %')
  expect(meanText([0.1, 0.2, 0.3])).toBe('20.00 ± 10.00 %')
})

it('prose goes on below where the terminal ends, and no word is broken', () => {
  const path = 'a/path/that/is/longer/than/the/column'
  const table = proseTable(
    ['name', 'what it is'],
    [
      ['one', 'a few words of prose'],
      ['two', path],
    ],
    24,
  )
  expect(table.split('\n').slice(2)).toEqual(['one   a few words of', '      prose', `two   ${path}`])
})
