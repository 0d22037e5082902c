import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const script = new URL('scripts/new-dataset.mjs', root).href
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-datasets-'))
  await cp(new URL('src/data/datasets/', root), folder, { recursive: true })
})

afterEach(() => rm(folder, { recursive: true }))

it('writes a data set, its test, and its name in the registry', async () => {
  const { newDataset } = await import(script)
  const files = await newDataset('small-sevens', folder)
  expect(await readFile(files.dataset, 'utf8')).toContain('export const smallSevensSet: ImageSet = {')
  expect(await readFile(files.test, 'utf8')).toContain("import { smallSevensSet } from './small-sevens.ts'")
  const registry = await readFile(join(folder, 'registry.ts'), 'utf8')
  expect(registry).toContain("import { smallSevensSet } from './small-sevens.ts'")
  expect(registry).toContain("  'small-sevens': smallSevensSet,")
})

it('refuses a name that is taken, or is none', async () => {
  const { newDataset } = await import(script)
  await expect(newDataset('mnist', folder)).rejects.toThrow('exists already')
  await expect(newDataset('Not A Name', folder)).rejects.toThrow('lower case')
  const { status, stderr } = spawnSync(process.execPath, ['scripts/new-dataset.mjs'], { cwd: root, encoding: 'utf8' })
  expect([status, stderr]).toEqual([2, expect.stringContaining('lower case')])
})
