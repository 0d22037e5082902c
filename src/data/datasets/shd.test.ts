import { expect, test } from 'vitest'
import { sample } from '../../../test/formats/samples.ts'
import { readHdf5Here } from '../../formats/index.ts'
import type { DataFolder } from '../files.ts'
import { shdClasses, shdFiles } from './shd.ts'
import { openSpoken } from './spoken-words.ts'
import { sscFiles } from './ssc.ts'

/** A folder whose two files are these. */
function folderOf(train: Uint8Array, judged: Uint8Array): DataFolder {
  return { place: 'shd', read: async (name) => (name === 'shd_train.h5' ? train : judged) }
}

test('classes are called what the file calls them', async () => {
  const { bytes } = sample('shd-keys.h5')
  const { train } = await openSpoken(shdFiles, folderOf(bytes, bytes), readHdf5Here)
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
  const { train } = await openSpoken(shdFiles, folderOf(bytes, bytes), readHdf5Here)
  expect(train.members.map(({ label }) => train.classes[label])).toEqual(['zero', 'drei', 'neun'])
  expect([shdClasses[9], shdClasses[10], shdClasses.length]).toEqual(['nine', 'null', 20])
})

test('two files that name other classes are refused', async () => {
  const folder = folderOf(sample('shd-keys.h5').bytes, sample('shd-like.h5').bytes)
  await expect(openSpoken(shdFiles, folder, readHdf5Here)).rejects.toThrow(/name other classes/)
})

test('of SSC the validation file is learned from last, and chooses the epoch', async () => {
  const { bytes } = sample('shd-keys.h5')
  const asked: string[] = []
  const folder: DataFolder = {
    place: 'ssc',
    read: async (name) => {
      asked.push(name)
      return bytes
    },
  }
  const { train, test: judged, validation, split } = await openSpoken(sscFiles, folder, readHdf5Here)
  expect(asked).toEqual(['ssc_train.h5', 'ssc_test.h5', 'ssc_valid.h5'])
  expect(train.members.map(({ id }) => id)).toEqual([
    'ssc_train.h5 0',
    'ssc_train.h5 1',
    'ssc_valid.h5 0',
    'ssc_valid.h5 1',
  ])
  expect([...(validation ?? [])]).toEqual([2, 3])
  expect(judged.members.length).toBe(2)
  expect(split).toBe('official (ssc_train.h5, ssc_valid.h5, ssc_test.h5)')
  expect((await train.read(2)).t).toEqual((await train.read(0)).t)
  const without: DataFolder = { place: 'ssc', read: async (name) => (name.includes('valid') ? undefined : bytes) }
  await expect(openSpoken(sscFiles, without, readHdf5Here)).rejects.toThrow(/1 of 3 ssc files[\s\S]*ssc_valid.h5/)
})
