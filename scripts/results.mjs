import { readdir, readFile, writeFile } from 'node:fs/promises'
import { resultTables, withTables } from './results/tables.mjs'

/** Writes the tables of docs/results.md from bench/results. */
const folder = new URL('../bench/results/', import.meta.url)
const page = new URL('../docs/results.md', import.meta.url)
const files = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
const records = await Promise.all(
  files.map(async (file) => ({ file, record: JSON.parse(await readFile(new URL(file, folder), 'utf8')) })),
)
await writeFile(page, withTables(await readFile(page, 'utf8'), resultTables(records)))
console.log(`docs/results.md from ${files.length} files`)
