import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeFolder, removeTemporaries, writeWhole } from './durable-files.ts'
import { ResourceError } from './index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikelet-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('many that write one file at once leave one of them whole, and nothing else', async () => {
  const file = join(folder, 'a')
  const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000))
  await Promise.all(texts.map((text) => writeWhole(file, text)))
  expect(texts).toContain(readFileSync(file, 'utf8'))
  expect(readdirSync(folder)).toEqual(['a'])
})

test('what killed processes left is removed', async () => {
  writeFileSync(join(folder, 'a.0123456789ab.tmp'), 'half')
  writeFileSync(join(folder, 'b'), 'whole')
  await removeTemporaries(folder)
  expect(readdirSync(folder)).toEqual(['b'])
})

test('a folder is made with those above it, by several at once too', async () => {
  const deep = join(folder, 'a/b/c')
  await Promise.all([makeFolder(deep), makeFolder(deep), makeFolder(join(folder, 'a/b/d'))])
  expect(readdirSync(join(folder, 'a/b'))).toEqual(['c', 'd'])
})

test('a folder that cannot be made is named, and what to do', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(makeFolder(join(folder, 'file/a'))).rejects.toThrow(/is a file[\s\S]*Choose another|there is a file/)
  await expect(makeFolder(join(folder, 'file'))).rejects.toThrow(/there is a file where a folder should be/)
  await expect(writeWhole(join(folder, 'gone/a'), 'x')).rejects.toThrow(ResourceError)
})

// The system's own `mkdir -p` never returns here.
test.skipIf(!existsSync('/proc/self'))('a folder in one that takes none ends with an error', async () => {
  await expect(makeFolder('/proc/spikelet/run')).rejects.toThrow(ResourceError)
})
