import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writePng } from '../../formats/index.ts'
import type * as DataRoom from '../index.ts'
import { imageFolder } from './image-folder.ts'

/** Threads run the built package: start these tests through `npm test`, which builds first. */
const built = new URL('../../../dist/data/index.js', import.meta.url)

describe.skipIf(!existsSync(built))('images decoded in threads (needs the build)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spikelet-images-'))
  let room: typeof DataRoom
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
  beforeAll(async () => {
    room = (await import(built.href)) as typeof DataRoom
    for (const name of ['a', 'b']) mkdirSync(join(folder, name))
    for (let i = 0; i < 2400; i++) {
      const pixels = Uint8Array.from({ length: 6 * 5 * 3 }, (_, k) => (i * 31 + k * 7) % 256)
      writeFileSync(join(folder, i % 2 ? 'a' : 'b', `${i}.png`), writePng({ width: 6, height: 5, channels: 3, pixels }))
    }
  })

  const hash = ({ pixels }: { pixels?: Uint8Array }) => createHash('sha256').update(pixels!).digest('hex')

  test('give the pixels that one thread gives', async () => {
    const [plain, threaded] = [await imageFolder(folder), await room.openDataset('image-folder', folder)]
    expect(threaded.train.length).toBe(2160)
    expect(hash(threaded.train)).toBe(hash(plain.train))
    expect(threaded.train.members).toBe(plain.train.members)
  })

  test('a damaged file is named, and the threads end', async () => {
    writeFileSync(join(folder, 'a', '1501.png'), Uint8Array.of(1, 2, 3))
    await expect(room.openDataset('image-folder', folder)).rejects.toThrow(/no image[\s\S]*a\/1501\.png, byte 0/)
  })
})
