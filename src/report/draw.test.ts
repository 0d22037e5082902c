import { describe, expect, test } from 'vitest'
import {
  autocorrelations,
  dependencyGraph,
  gradientMap,
  gradientPaths,
  histograms,
  record,
  truncationMap,
} from '../analysis/index.ts'
import { defineNeuron } from '../equations/index.ts'
import { clif, lif, psn } from '../neurons/index.ts'
import { type Drawable, draw } from './draw.ts'
import { strength } from './matrix-map.ts'
import { picturesHtml } from './pictures.ts'
import { panel, sideBySide, sizeOfPicture, standaloneSvg } from './svg.ts'

const mine = defineNeuron({
  name: 'my <neuron>',
  equations: 'u = 0.9 * u + x - a\ns = spike(u - 1)\na = 0.5 * a + s',
})()
const neurons = [lif(), clif(), psn(), mine]
const drawables: { readonly [name: string]: Drawable } = {
  gradient: gradientMap(neurons, { T: 5, neurons: 3 }),
  recording: record(neurons, { T: 9 }),
  autocorrelation: autocorrelations(record([lif(), mine], { T: 9 })),
  histograms: histograms(record([lif(), mine], { T: 9 })),
  dependencies: dependencyGraph(mine),
  paths: gradientPaths(mine),
  truncation: truncationMap(mine, 2, { T: 5, neurons: 3 }),
}

describe.each(Object.entries(drawables))('the picture of a %s', (_, value) => {
  const svg = draw(value)

  test('is well-formed, has words for those who cannot see it, and no number that is none', () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 [\d.]+ [\d.]+" role="img"/)
    expect(svg).toMatch(/aria-label="[^"]{20,}"/)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
    expect(unclosed(svg)).toEqual([])
  })

  test('takes its colours from the page, and brings them along as a file', () => {
    expect(svg).not.toMatch(/#[0-9a-f]{3,6}\b/)
    const file = standaloneSvg(svg)
    expect(file).toContain('prefers-color-scheme:dark')
    expect(file.match(/<style>/g)).toHaveLength(1)
  })
})

/** Elements that are opened and never closed, or closed and never opened. */
function unclosed(svg: string): string[] {
  const open: string[] = []
  for (const [, closing, name, , alone] of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:\s[^<>]*?)?)(\/?)>/g)) {
    if (alone) continue
    if (!closing) open.push(name)
    else if (open.pop() !== name) return [`</${name}>`]
  }
  return open
}

test('an unclosed element would be found', () => {
  expect(unclosed('<svg><g></svg>')).toEqual(['</svg>'])
  expect(unclosed('<svg><path/><g></g></svg>')).toEqual([])
})

test('the gradient map says what is left, in words too', () => {
  const svg = draw(gradientMap([lif(), clif()], { T: 20 }))
  expect(svg).toContain('after 16 steps')
  expect(svg).toMatch(/clif: 4\d % after 1, 2\d % after 2/)
})

test('a size is drawn the fainter by one fifth for each tenth', () => {
  expect([1, 0.1, 0.001].map((size) => Number(strength(size, 1).toFixed(6)))).toEqual([1, 0.8, 0.4])
  expect([strength(0, 1), strength(1e-9, 1), strength(Number.NaN, 1), strength(1, 0)]).toEqual([0, 0, 0, 0])
})

test('pictures stand beside each other in rows', () => {
  const svg = draw(drawables.dependencies)
  const [width, height] = sizeOfPicture(svg)
  const three = sideBySide({ title: 'three', description: 'of them' }, [svg, svg, svg], 2)
  expect(sizeOfPicture(three)).toEqual([2 * width + 16, 2 * height + 16])
  expect(panel(svg, 1, 2, 3, 4)).toMatch(/^<svg x="1" y="2" width="3" height="4" xmlns/)
})

test('a page of pictures needs nothing beside itself', () => {
  const page = picturesHtml('Neuron <x>', Object.values(drawables))
  expect(page).toContain('<title>Neuron &lt;x&gt;</title>')
  expect(page).not.toMatch(/(?:src|href)="|<script/)
  expect(page.match(/<figure/g)).toHaveLength(Object.keys(drawables).length)
})
