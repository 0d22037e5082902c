import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sample } from '../../../test/formats/samples.ts'
import { writePng } from '../../formats/index.ts'
import { imageFolder } from './image-folder.ts'
import { tinyImagenet } from './tiny-imagenet.ts'

let folder: string

const flat = (value: number, side = 4, channels = 3) =>
  writePng({ width: side, height: side, channels, pixels: new Uint8Array(side * side * channels).fill(value) })

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), bytes)
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-images-'))
  for (let i = 1; i <= 10; i++) {
    await put(`own/cats/${i}.png`, flat(i))
    await put(`own/dogs/${i}.png`, flat(100 + i, 4, 1))
  }
  await put('tiny/wnids.txt', 'n02\nn01\n')
  await put('tiny/words.txt', 'n01\tcat, house cat\nn02\tdog\n')
  await put('tiny/train/n01/images/n01_0.JPEG', sample('grey.jpg').bytes)
  await put('tiny/train/n02/images/n02_0.JPEG', sample('colour-420.jpg').bytes)
  await put('tiny/val/images/val_0.JPEG', sample('colour-444.jpg').bytes)
  await put('tiny/val/val_annotations.txt', 'val_0.JPEG\tn01\t0\t0\t5\t5\n')
})

afterAll(() => rm(folder, { recursive: true }))

test('an image folder: a folder per class, every tenth for tests, grey over three channels', async () => {
  const { train, test: judged, split } = await imageFolder(join(folder, 'own'))
  expect([train.classes, train.shape, train.length, judged.length]).toEqual([['cats', 'dogs'], [4, 4, 3], 18, 2])
  expect(split).toContain('every tenth')
  const image = new Uint8Array(48)
  judged.image(1, image)
  expect([judged.label(1), [...new Set(image)]]).toEqual([1, [110]])
})

test('an image of another size, and one that is none, are named', async () => {
  await put('odd/a/1.png', flat(1))
  for (let i = 2; i <= 10; i++) await put(`odd/a/${i}.png`, flat(i, 5))
  await expect(imageFolder(join(folder, 'odd'))).rejects.toThrow(/a\/2\.png[\s\S]*4x4[\s\S]*5x5[\s\S]*imageSize/)
  const scaled = await imageFolder(join(folder, 'odd'), { imageSize: { width: 3, height: 2 } })
  expect([scaled.train.shape, scaled.imageSize, scaled.notes]).toEqual([
    [2, 3, 3],
    { width: 3, height: 2 },
    ['images scaled to 3x2'],
  ])
  await expect(imageFolder(join(folder, 'odd'), { imageSize: { width: 0, height: 2 } })).rejects.toThrow(/0x2/)
  for (let i = 1; i <= 10; i++) await put(`none/a/${i}.png`, 'text')
  await expect(imageFolder(join(folder, 'none'))).rejects.toThrow(/no image[\s\S]*a\/1\.png, byte 0/)
})

test('the hash of members depends on what files hold, not on sizes alone', async () => {
  for (let i = 1; i <= 10; i++) await put(`hash/a/${i}.png`, flat(i))
  const { train } = await imageFolder(join(folder, 'hash'))
  await put('hash/a/3.png', flat(4))
  expect((await imageFolder(join(folder, 'hash'))).train.members).not.toBe(train.members)
})

test('Tiny-ImageNet: classes in the order of wnids, names from words', async () => {
  const { train, test: judged } = await tinyImagenet(join(folder, 'tiny'))
  expect([train.classes, train.shape, train.length]).toEqual([['dog', 'cat'], [13, 18, 3], 2])
  expect([train.label(0), train.label(1), judged.label(0)]).toEqual([0, 1, 1])
})

const real = new URL('../../../../shared/data/tiny-imagenet-200-excerpt/', import.meta.url)

describe.skipIf(!existsSync(real))('real files (need ../shared/data)', () => {
  test('the Tiny-ImageNet excerpt', async () => {
    const { train, test: judged } = await tinyImagenet(real)
    expect([train.length, judged.length, train.shape, train.classes[0]]).toEqual([200, 50, [64, 64, 3], 'Egyptian cat'])
  })
})
