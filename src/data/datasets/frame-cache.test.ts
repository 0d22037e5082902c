import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ResourceError } from '../../base/index.ts'
import { diskFrameCache } from './frame-cache.ts'

let place: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'spikelet-cache-'))
})
afterEach(() => rm(place, { recursive: true }))

test('what is written is found again; nothing else stays', async () => {
  const cache = diskFrameCache(join(place, 'new'))
  expect(await cache.read('key/0')).toBe(undefined)
  await cache.write('key/0', Uint8Array.of(1, 2))
  expect([...((await cache.read('key/0')) ?? [])]).toEqual([1, 2])
  expect(Math.abs(((await cache.clock?.()) ?? 0) - Date.now())).toBeLessThan(60_000)
  expect(await readdir(join(place, 'new'), { recursive: true })).toEqual(['key', 'key/0'])
})

test('a folder that cannot be written is named, with what to do', async () => {
  await writeFile(join(place, 'file'), '')
  const cache = diskFrameCache(join(place, 'file'))
  for (const attempt of [() => cache.write('key/0', Uint8Array.of(1)), () => cache.clock?.()]) {
    await expect(attempt()).rejects.toThrow(ResourceError)
    await expect(attempt()).rejects.toThrow(/cannot be written\n.*file\n[\s\S]*`cache`/)
  }
})
