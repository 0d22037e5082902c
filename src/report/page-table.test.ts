import { expect, test } from 'vitest'
import { tableHtml, withoutRepeats } from './page-table.ts'

const table = { head: ['run', 'test', 'model'], rows: [['a', '1', 'snn3'], ['b', '2', 'snn3']], numbers: [1] } // biome-ignore format: a table

test('what all rows share is said once, beside the table', () => {
  const { table: left, common } = withoutRepeats(table, [0])
  expect(left).toEqual({ head: ['run', 'test'], rows: [['a', '1'], ['b', '2']], numbers: [1] }) // biome-ignore format: a table
  expect(common).toEqual(['model: snn3'])
  expect(withoutRepeats({ ...table, rows: [] }, [0]).common).toEqual([])
})

test('each value knows its column, for pages too narrow for columns', () => {
  const html = tableHtml({ ...table, rows: [['<a>', '1', '"']] })
  expect(html).toContain('<td data-of="run">&lt;a&gt;</td><td class="number" data-of="test">1</td>')
})
