import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ResourceError } from '../base/index.ts'
import { lockFolder } from './lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-lock-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** The name of a claim that this process makes, with parts of it exchanged. */
async function claimLikeOurs(change: (parts: string[]) => void): Promise<string> {
  const lock = await lockFolder(folder)
  const name = (await readdir(folder)).find((one) => !one.endsWith('.held')) as string
  await lock.release()
  const parts = name.split('-')
  change(parts)
  return parts.join('-')
}

async function leaveClaim(change: (parts: string[]) => void): Promise<string> {
  const name = await claimLikeOurs(change)
  await writeFile(join(folder, name), '{"process":7,"host":"elsewhere"}\n')
  await writeFile(join(folder, `${name}.held`), '')
  return name
}

const [host, boot, , pid, started] = [1, 2, 3, 4, 5]

describe('lock of a folder', () => {
  it('makes others wait, and leaves nothing', async () => {
    const first = await lockFolder(folder)
    const seen: string[] = []
    const second = lockFolder(folder, { patience: 5 }).then((lock) => {
      seen.push('second begins')
      return lock
    })
    await new Promise((resolve) => setTimeout(resolve, 30))
    seen.push('first ends')
    await first.release()
    await (await second).release()
    expect(seen).toEqual(['first ends', 'second begins'])
    expect(await readdir(folder)).toEqual([])
  })

  it('names the holder and what to do', async () => {
    const lock = await lockFolder(folder)
    const refused = lockFolder(folder)
    await expect(refused).rejects.toThrow(ResourceError)
    await expect(refused).rejects.toThrow(`process ${process.pid}, which is this one\nWait for it`)
    await lock.release()
  })

  it.each<[string, (parts: string[]) => void]>([
    ['process that is gone', (parts) => (parts[pid] = '2147483646')],
    ['process whose number another one has now', (parts) => (parts[started] = '12')],
    ['boot that is over', (parts) => (parts[boot] = 'abcdef01')],
  ])('does not count from a %s', async (_, change) => {
    await leaveClaim(change)
    const lock = await lockFolder(folder)
    expect((await readdir(folder)).length).toBe(2)
    await lock.release()
  })

  it('counts from another machine until it has not been touched for long', async () => {
    const name = await leaveClaim((parts) => (parts[host] = 'abcdef01'))
    await expect(lockFolder(folder)).rejects.toThrow(/on elsewhere\n.*delete .*lock-abcdef01/)
    const longAgo = Date.now() / 1000 - 3600
    await utimes(join(folder, name), longAgo, longAgo)
    await (await lockFolder(folder)).release()
    expect(await readdir(folder)).toEqual([])
  })

  it('goes to exactly one of a hundred that meet a dead claim', async () => {
    await leaveClaim((parts) => (parts[pid] = '2147483646'))
    const ends = await Promise.allSettled(Array.from({ length: 100 }, () => lockFolder(folder)))
    const locks = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    expect(locks.length).toBe(1)
    await locks[0].release()
    expect(await readdir(folder)).toEqual([])
  })

  it('is free again where its folder was deleted', async () => {
    const lock = await lockFolder(folder)
    await rm(folder, { recursive: true })
    await lock.release()
    await (await lockFolder(folder)).release()
  })
})
