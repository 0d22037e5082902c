import { expect, test } from 'vitest'
import { barChart } from './bar-chart.ts'

const chart = { title: 'Rates', description: 'by layer', x: '%', rows: ['one', 'two'], format: (v: number) => `${v}%` }

test('bars are as long as their values say', () => {
  const svg = barChart({ ...chart, groups: [{ label: 'clif', colour: 2, values: [10, 20] }] })
  const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="13"/g)]
  expect(bars.length).toBe(2)
  expect(Number(bars[1][2])).toBeCloseTo(2 * Number(bars[0][2]), 1)
  expect(svg).toContain('>10%<')
})

test('a value that is missing has no bar, and nothing at all is no fault', () => {
  const svg = barChart({ ...chart, groups: [{ label: 'clif', colour: 2, values: [undefined, Number.NaN] }] })
  expect(svg).not.toContain('height="13"')
  expect(svg).not.toContain('NaN')
  const zero = barChart({ ...chart, groups: [{ label: 'clif', colour: 2, values: [0, 0] }] })
  expect(zero).toContain('>0%<')
})

test('the title of the axis stands inside the picture, and an axis of nothing but 0 goes to 1', () => {
  const groups = [{ label: 'a', colour: 0, values: [0] }]
  const svg = barChart({ title: 'T', description: 'D', x: 'rate, %', rows: ['r'], groups, format: String })
  const height = Number(/viewBox="0 0 [\d.]+ ([\d.]+)"/.exec(svg)?.[1])
  const [, y] = /<text x="[\d.]+" y="([\d.]+)"[^>]*>rate, %</.exec(svg) as RegExpExecArray
  expect(height - Number(y)).toBeGreaterThanOrEqual(4)
  expect(svg).toContain('>1<')
  expect(svg).not.toMatch(/[0-9]e-/)
})
