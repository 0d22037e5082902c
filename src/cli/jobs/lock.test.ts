import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withLock } from './lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('lock of a folder', () => {
  it('makes others wait, and leaves nothing', async () => {
    const seen: string[] = []
    const slow = withLock(folder, async () => {
      seen.push('first begins')
      await new Promise((resolve) => setTimeout(resolve, 60))
      seen.push('first ends')
    }, { patience: 5 }) // biome-ignore format: short
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    await withLock(folder, async () => void seen.push('second'), { patience: 5 })
    await slow
    expect(seen).toEqual(['first begins', 'first ends', 'second'])
    expect(await readdir(folder)).toEqual([])
  })

  it('gives up with a message that names the process', async () => {
    await withLock(folder, async () => {
      await expect(withLock(folder, async () => {}, { patience: 0 })).rejects.toThrow(`process ${process.pid}`)
    }, { patience: 0 }) // biome-ignore format: short
  })

  it('of a process that is gone does not count', async () => {
    await writeFile(join(folder, 'lock'), '2147483646')
    expect(await withLock(folder, async () => 'mine', { patience: 0 })).toBe('mine')
  })

  it('is given back where the work fails', async () => {
    await expect(withLock(folder, () => Promise.reject(new Error('no')), { patience: 0 })).rejects.toThrow('no')
    expect(await readdir(folder)).toEqual([])
  })
})
