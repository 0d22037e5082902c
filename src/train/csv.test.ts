import { expect, test } from 'vitest'
import { csvText } from './csv.ts'

test('columns come in the order they are first named; gaps stay empty', () => {
  expect(
    csvText([
      { epoch: 1, loss: 0.1 },
      { epoch: 2, accuracy: 0.5, loss: 1e-9 },
    ]),
  ).toBe(
    // biome-ignore format: rows
    'epoch,loss,accuracy\n1,0.1,\n2,1e-9,0.5\n',
  )
  expect(csvText([])).toBe('')
})

test('quotes what needs it', () => {
  expect(csvText([{ 'a,b': 'say "hi"', c: 'two\nlines', d: 'plain text', e: Number.NaN }])).toBe(
    '"a,b",c,d,e\n"say ""hi""","two\nlines",plain text,NaN\n',
  )
})

test('no text becomes a formula of a spreadsheet; numbers stay numbers', () => {
  const neuron = '=HYPERLINK("http://a")'
  expect(csvText([{ neuron, '+b': '@x', c: '-y', d: -1.5 }])).toBe(
    `neuron,'+b,c,d\n"'=HYPERLINK(""http://a"")",'@x,'-y,-1.5\n`,
  )
})
