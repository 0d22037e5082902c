import { expect, test } from 'vitest'
import { sample } from '../../../test/formats/samples.ts'
import { readHdf5Here } from '../../formats/index.ts'
import type { DataFolder } from '../files.ts'
import { openShd, shdClasses } from './shd.ts'

/** A folder whose two files are these. */
function folderOf(train: Uint8Array, judged: Uint8Array): DataFolder {
  return { place: 'shd', read: async (name) => (name === 'shd_train.h5' ? train : judged) }
}

test('classes are called what the file calls them', async () => {
  const { bytes } = sample('shd-keys.h5')
  const { train } = await openShd(folderOf(bytes, bytes), readHdf5Here)
  expect([train.classes, train.members.map(({ label }) => label)]).toEqual([
    ['zero', 'one'],
    [0, 1],
  ])
  const { t, x } = await train.read(0)
  expect([[...t], [...x]]).toEqual([
    [0, 500_000],
    [3, 699],
  ])
})

test('without names in the file: English digits, then German ones', async () => {
  const { bytes } = sample('shd-like.h5')
  const { train } = await openShd(folderOf(bytes, bytes), readHdf5Here)
  expect(train.members.map(({ label }) => train.classes[label])).toEqual(['zero', 'drei', 'neun'])
  expect([shdClasses[9], shdClasses[10], shdClasses.length]).toEqual(['nine', 'null', 20])
})

test('two files that name other classes are refused', async () => {
  const folder = folderOf(sample('shd-keys.h5').bytes, sample('shd-like.h5').bytes)
  await expect(openShd(folder, readHdf5Here)).rejects.toThrow(/name other classes/)
})
