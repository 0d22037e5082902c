import { expect, test } from 'vitest'
import { sample } from '../../../test/formats/samples.ts'
import { readHdf5Here } from './hdf5.ts'

const { bytes, times, units } = sample('shd-like.h5')

test('numbers, texts, packed arrays, and lists of 16-bit floats', async () => {
  const { datasets, groups } = await readHdf5Here(bytes, 'a.h5')
  expect(groups.get('')).toEqual(['labels', 'name', 'packed', 'spikes'])
  expect(datasets.get('labels')).toEqual({ shape: [3], numbers: Uint16Array.of(0, 13, 19) })
  expect(datasets.get('name')?.texts).toEqual(['spoken digits'])
  expect(datasets.get('packed')).toEqual({ shape: [10, 20], numbers: Float32Array.from({ length: 200 }, (_, i) => i) })
  expect(datasets.get('spikes/times')?.lists?.map((list) => [...list])).toEqual(times)
  expect(datasets.get('spikes/units')?.lists?.map((list) => [...list])).toEqual(units)
})

test('arrays and single values of 16-bit floats come as float32', async () => {
  const { datasets } = await readHdf5Here(sample('float16.h5').bytes, 'a.h5')
  expect(datasets.get('a')).toEqual({ shape: [2, 2], numbers: Float32Array.of(1, 2.5, -0.5, 65504) })
  expect(datasets.get('s')).toEqual({ shape: [], numbers: Float32Array.of(0.5) })
})

test('other bytes, a cut, and more than the limit are refused', async () => {
  await expect(readHdf5Here(new Uint8Array(10), 'a.h5')).rejects.toThrow(/not an HDF5 file[\s\S]*a\.h5, byte 0/)
  await expect(readHdf5Here(bytes.slice(0, 3000), 'a.h5')).rejects.toThrow(/damaged[\s\S]*a\.h5, byte 0/)
  await expect(readHdf5Here(bytes, 'a.h5', { bytes: 100 })).rejects.toThrow(/more bytes than are allowed/)
})

test('only what is asked for is read: of the rest the shape, however large it claims to be', async () => {
  const bomb = sample('bomb.h5').bytes
  const { datasets } = await readHdf5Here(bomb, 'bomb.h5', { only: [] })
  expect(datasets.get('a')).toEqual({ shape: [2 ** 30], other: 'not read' })
  await expect(readHdf5Here(bomb, 'bomb.h5')).rejects.toThrow(/more bytes than are allowed[\s\S]*bomb\.h5[\s\S]*\/a/)
})

test('texts of any length, in any shape', async () => {
  const { datasets } = await readHdf5Here(sample('texts.h5').bytes, 'texts.h5')
  expect(datasets.get('names')).toEqual({ shape: [2, 2], texts: ['a', 'b', 'c', 'dd'] })
})
