import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { diskFolder } from '../files.ts'
import { contentHashes } from './content-hashes.ts'
import { storedFile } from './folder-sets.ts'
import type { FrameCache } from './frame-cache.ts'
import { contentHash } from './members-hash.ts'

let place: string
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'spikelet-hashes-'))
})
afterEach(() => rm(place, { recursive: true }))

/** A cache in memory whose clock shows this much more than the disk's. */
function cacheAhead(ms: number): FrameCache {
  const kept = new Map<string, Uint8Array>()
  return {
    place: 'memory',
    read: async (name) => kept.get(name),
    write: async (name, bytes) => void kept.set(name, bytes),
    clock: async () => Date.now() + ms,
  }
}

/** The hash of the one file, and how often it was read. */
async function hashed(cache: FrameCache) {
  const disk = diskFolder(place)
  let reads = 0
  const read = (name: string) => {
    reads++
    return disk.read(name)
  }
  const folder = { ...disk, read }
  const [entry] = (await disk.list?.('')) ?? []
  const hashes = await contentHashes(folder, [storedFile('', entry)], cache)
  return { hash: hashes.get('a'), reads }
}

test('a file at rest is read once; a changed one again, also with its old size and time', async () => {
  const cache = cacheAhead(60_000)
  const time = new Date(1e12)
  await writeFile(join(place, 'a'), 'one')
  await utimes(join(place, 'a'), time, time)
  const one = contentHash(Buffer.from('one'))
  expect(await hashed(cache)).toEqual({ hash: one, reads: 1 })
  expect(await hashed(cache)).toEqual({ hash: one, reads: 0 })
  await new Promise((resolve) => setTimeout(resolve, 15))
  await writeFile(join(place, 'a'), 'two')
  await utimes(join(place, 'a'), time, time)
  expect(await hashed(cache)).toEqual({ hash: contentHash(Buffer.from('two')), reads: 1 })
})

test('what was changed a moment before is not believed to be unchanged: it may change again within a tick', async () => {
  const cache = cacheAhead(0)
  await writeFile(join(place, 'a'), 'one')
  expect((await hashed(cache)).reads).toBe(1)
  expect((await hashed(cache)).reads).toBe(1)
})

test('a damaged list counts for nothing', async () => {
  const cache = cacheAhead(60_000)
  await writeFile(join(place, 'a'), 'one')
  expect((await hashed({ ...cache, read: async () => Buffer.from('{"x":') })).reads).toBe(1)
})

test('a cache that cannot be written is no hindrance', async () => {
  const refuse = () => Promise.reject(new Error('read-only'))
  await writeFile(join(place, 'a'), 'one')
  const hash = contentHash(Buffer.from('one'))
  expect(await hashed({ ...cacheAhead(60_000), clock: refuse })).toEqual({ hash, reads: 1 })
  expect(await hashed({ ...cacheAhead(60_000), write: refuse })).toEqual({ hash, reads: 1 })
})
