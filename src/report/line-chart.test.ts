import { expect, test } from 'vitest'
import { lineChart } from './line-chart.ts'

const chart = { title: 'Loss', x: 'epoch', y: 'loss', description: 'falls', wholeX: true }

test('a curve, its band and its legend, as text', () => {
  const svg = lineChart({
    ...chart,
    width: 200,
    height: 120,
    series: [
      { label: 'lif & co', colour: 1, points: [[1, 4], [2, 2], [3, 0]], band: [[1, 3, 4], [2, 1, 3], [3, 0, 1]] }, // biome-ignore format: points
    ],
  })
  expect(svg.replaceAll('><', '>\n<')).toMatchSnapshot()
})

test('what is not finite leaves a gap', () => {
  const svg = lineChart({
    ...chart,
    series: [{ label: 'a', colour: 0, points: [[1, 1], [2, Number.NaN], [3, 3], [4, 4]] }], // biome-ignore format: points
  })
  expect(svg).not.toContain('NaN')
  expect(svg.match(/class="series" d="M[^"]*M[^"]*L[^"]*"/)).not.toBeNull()
  expect(svg.match(/<circle/g)?.length).toBe(3)
})

test('without points it says so', () => {
  expect(lineChart({ ...chart, series: [] })).toContain('nothing to draw yet')
  expect(lineChart({ ...chart, series: [{ label: 'a', colour: 0, points: [[1, Number.NaN]] }] })).toContain('nothing')
})

test('one point is drawn as a dot inside the frame', () => {
  const svg = lineChart({ ...chart, series: [{ label: 'a', colour: 0, points: [[1, 0.5]] }] })
  const [, cx, cy] = svg.match(/<circle cx="([\d.]+)" cy="([\d.]+)"/)!
  expect(Number(cx)).toBeGreaterThan(40)
  expect(Number(cx)).toBeLessThan(440)
  expect(Number(cy)).toBeGreaterThan(20)
  expect(Number(cy)).toBeLessThan(300)
})
