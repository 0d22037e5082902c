import { expect, test } from 'vitest'
import { heatMap } from './heat-map.ts'

const chart = { title: 'Confusion', description: 'none', rows: 'is', columns: 'taken for', labels: ['cat', 'dog'] }

test('cells are shares of their row, with the counts as a hint', () => {
  const svg = heatMap({ ...chart, counts: [[3, 1], [0, 0]] }) // biome-ignore format: a matrix
  expect([...svg.matchAll(/fill-opacity:([\d.]+)/g)].map(([, share]) => share)).toEqual([
    '0.750',
    '0.250',
    '0.000',
    '0.000',
  ])
  expect(svg).toContain('<title>cat, taken for dog: 1 of 4</title>')
  expect(svg).toContain('>75<')
})

test('a hundred classes fit without names', () => {
  const counts = Array.from({ length: 100 }, (_, r) => Array.from({ length: 100 }, (_, c) => (r === c ? 9 : 0)))
  const svg = heatMap({ ...chart, labels: counts.map((_, i) => `class${i}`), counts })
  expect(svg.match(/<rect/g)?.length).toBe(10_001)
  expect(svg).not.toContain('rotate(')
})
