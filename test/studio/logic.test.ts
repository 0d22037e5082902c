import { expect, test } from 'vitest'
import { addressWith, packed, stateOfAddress, unpacked } from '../../studio/link.ts'
import { boxOf, largest, placeText, reachedAt } from '../../studio/microscope/arrived.ts'
import { filesFolder } from '../../studio/train/folders.ts'

test('a value goes through an address and comes back', () => {
  const value = { neurons: [{ name: 'mine', equations: 'u = 0.5 * u + x\ns = spike(u - 1)  # µ' }], T: 48 }
  const address = addressWith('lab', value)
  expect(address).toMatch(/^#\/lab\?s=[\w-]+$/)
  expect(stateOfAddress(address)).toEqual(value)
})

test('what is no value of an address is none', () => {
  for (const text of ['', '%%%', 'AAAA', packed({ a: 1 }).slice(0, 6), 'x'.repeat(5000)])
    expect(unpacked(text)).toBeUndefined()
  expect(stateOfAddress('#/lab')).toBeUndefined()
  // A short text that unpacks to more than an address may hold.
  expect(unpacked(packed('a'.repeat(10_000_000)))).toBeUndefined()
})

test('dropped files are a folder, and what lies in one folder alone is taken out of it', async () => {
  const files = ['mine/cat/1.png', 'mine/cat/2.png', 'mine/dog/1.png'].map((path) => ({
    path,
    file: new File([path], 'a'),
  }))
  const folder = filesFolder(files)
  expect((await folder.list?.(''))?.map(({ name, isFolder }) => [name, isFolder])).toEqual([
    ['cat', true],
    ['dog', true],
  ])
  expect((await folder.list?.('cat'))?.map(({ name }) => name)).toEqual(['1.png', '2.png'])
  expect(new TextDecoder().decode(await folder.read('dog/1.png'))).toBe('mine/dog/1.png')
  expect(await folder.read('bird/1.png')).toBeUndefined()
  expect(await folder.list?.('bird')).toBeUndefined()
})

test('what reached a neuron is told of a step, and added up over all', () => {
  const field = (step: number, values: readonly number[]) => ({
    ...{ source: '1', shape: [2, 3, 2] },
    steps: Int32Array.from(values, () => step),
    places: Int32Array.of(3, 10),
    weights: Float64Array.of(0.5, -2),
    values: Float64Array.from(values),
  })
  const steps = [
    { current: 0.6, arrived: 0.5, rest: 0.1, fields: [field(0, [1, 0])] },
    { current: -1.4, arrived: -1.5, rest: 0.1, fields: [field(1, [1, 1])] },
  ]
  const told = { layer: '3', place: 0, fixed: true, steps }
  const [first] = reachedAt(told, 0).fields
  expect(first.all.map(({ value, adds }) => [value, adds])).toEqual([
    [1, 0.5],
    [0, 0],
  ])
  expect(largest(first).map(({ place }) => place)).toEqual([3])
  const all = reachedAt(told, -1)
  expect([all.current, all.rest]).toEqual([0.6 - 1.4, 0.2])
  expect(largest(all.fields[0]).map(({ place, value, adds }) => [place, value, adds])).toEqual([
    [10, 1, -2],
    [3, 2, 1],
  ])
  expect(boxOf([2, 3, 2], [3, 10])).toEqual({ top: 0, left: 1, bottom: 1, right: 2 })
  expect(boxOf([12], [3, 10])).toBeNull()
  expect([placeText([2, 3, 2], 10), placeText([12], 10)]).toEqual(['row 1, column 2, channel 0', '10'])
})
