import { mkdir, writeFile } from 'node:fs/promises'
import * as analysis from '../dist/analysis/index.js'
import * as spikelet from '../dist/node.js'
import * as report from '../dist/report/index.js'
import { galleryPage, galleryPictures } from './gallery/pictures.mjs'

/** Writes docs/gallery.md and docs/pictures. */
const docs = new URL('../docs/', import.meta.url)
const pictures = galleryPictures({ ...spikelet, ...analysis, ...report })
await mkdir(new URL('pictures/', docs), { recursive: true })
for (const { name, svg } of pictures) await writeFile(new URL(`pictures/${name}.svg`, docs), svg)
await writeFile(new URL('gallery.md', docs), galleryPage(pictures))
console.log(`docs/gallery.md with ${pictures.length} pictures`)
