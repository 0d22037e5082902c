import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { galleryPage, galleryPictures } from '../scripts/gallery/pictures.mjs'
import * as analysis from '../src/analysis/index.ts'
import * as spikelet from '../src/node.ts'
import * as report from '../src/report/index.ts'

const docs = new URL('../docs/', import.meta.url)

/** Numbers of the last digits may differ between processors. */
const rounded = (svg: string) => svg.replaceAll(/\d+\.\d+/g, (number) => Number(number).toFixed(1))

test('docs/gallery.md and its pictures are what the code draws: npm run gallery writes them', async () => {
  const pictures = galleryPictures({ ...spikelet, ...analysis, ...report })
  expect(await readFile(new URL('gallery.md', docs), 'utf8')).toBe(galleryPage(pictures))
  for (const { name, svg } of pictures)
    expect(rounded(await readFile(new URL(`pictures/${name}.svg`, docs), 'utf8')), name).toBe(rounded(svg))
})
