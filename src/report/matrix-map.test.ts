import { expect, test } from 'vitest'
import { matrixMap } from './matrix-map.ts'

const map = (size: number[][], largest: number) => matrixMap({ title: 'T', description: 'D', size, largest })

test('no line crosses the cells of a map, and its legend stays inside', () => {
  const svg = map([[1e-7, 1e-8], [0, 1e-7]], 1e-7) // biome-ignore format: a matrix
  expect(/class="grid" d="([^"]+)"/.exec(svg)?.[1]).not.toContain('Z')
  for (const [, x, text] of svg.matchAll(/<text x="([\d.]+)"[^>]*font-size="9"[^>]*>([^<]+)</g)) {
    expect(Number(x) + 6 * text.length).toBeLessThan(280)
  }
})

test('a map without gradients says so', () => {
  expect(map([[0, 0], [0, 0]], 0)).toContain('no gradient comes back here') // biome-ignore format: a matrix
})
