import { readdir, readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { resultTables, withTables } from '../scripts/results/tables.mjs'

const folder = new URL('../bench/results/', import.meta.url)

test('docs/results.md holds what bench/results says: npm run results writes it', async () => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  const records = await Promise.all(
    files.map(async (file) => ({ file, record: JSON.parse(await readFile(new URL(file, folder), 'utf8')) })),
  )
  const page = await readFile(new URL('../docs/results.md', import.meta.url), 'utf8')
  const tables = resultTables(records)
  for (const name of Object.keys(tables)) expect(page).toContain(`<!-- table: ${name} -->`)
  expect(withTables(page, tables)).toBe(page)
})

test('a speed against another program is the median of its rounds, with their range', () => {
  const round = (ours: number, theirs: number) => {
    const side = (speed: number, memory: number) => ({
      train_images_per_s: speed,
      infer_images_per_s: speed,
      train_peak_mb: memory,
    })
    return { ours: side(ours, 100), peers: { stepwise: side(theirs, 250) } }
  }
  const peer = [{ model: 'snn5', rounds: [round(30, 10), round(20, 10), round(50, 10)] }]
  const { peer: made } = resultTables([{ file: 'a.json', record: { date: '2026-01-02T03:04', commit: 'abc', peer } }])
  expect(made.split('\n')[2]).toBe(
    '| snn5 | stepwise | 3.00x (2.00 to 5.00) | 3.00x (2.00 to 5.00) | 2.5x less | 3 | 2026-01-02, abc |',
  )
})
