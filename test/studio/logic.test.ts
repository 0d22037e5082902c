import { expect, test } from 'vitest'
import { addressWith, packed, stateOfAddress, unpacked } from '../../studio/link.ts'
import { band, differences, filtered, groupOf, type RunCurves, type RunRow, sorted } from '../../studio/runs/model.ts'
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

const row = (id: string, part: Partial<RunRow> = {}): RunRow => ({
  ...{ id, data: 'mnist', network: 'snn5', neuron: 'clif', T: 4, seed: 1, epochs: 2, ofEpochs: 2 },
  ...{ accuracy: 0.9, firingRate: 0.1, seconds: 5, state: 'finished', changed: 0 },
  ...part,
})

test('runs are filtered by text anywhere and by the value of a column', () => {
  const rows = [row('a'), row('b', { neuron: 'lif', T: 14 }), row('c', { data: 'cifar10' })]
  const ids = (filter: string) => filtered(rows, filter).map(({ id }) => id)
  expect(ids('')).toEqual(['a', 'b', 'c'])
  expect(ids('CLIF')).toEqual(['a', 'c'])
  expect(ids('neuron=lif')).toEqual(['b'])
  expect(ids('T=4 cifar')).toEqual(['c'])
})

test('runs are sorted, those of unknown accuracy last', () => {
  const rows = [row('a', { accuracy: null }), row('b', { accuracy: 0.5 }), row('c', { accuracy: 0.7 })]
  expect(sorted(rows, 'accuracy', false).map(({ id }) => id)).toEqual(['c', 'b', 'a'])
  expect(sorted(rows, 'accuracy', true).map(({ id }) => id)).toEqual(['b', 'c', 'a'])
  expect(groupOf(rows[0], 'setting')).toBe('mnist, snn5, clif, T 4, 2 epochs')
})

test('seeds have a mean and a band, where all of them have a value', () => {
  const points = (values: readonly number[]) => values.map((value, x) => [x, value] as const)
  expect(band([points([1, 2, 3]), points([3, 2])])).toEqual({
    mean: [
      [0, 2],
      [1, 2],
    ],
    low: [
      [0, 1],
      [1, 2],
    ],
    high: [
      [0, 3],
      [1, 2],
    ],
  })
})

test('configurations differ in what is told, not in what only machines read', () => {
  const run = (config: object) => ({ config }) as unknown as RunCurves
  const shared = { network: { layer: 1 }, dataset: { name: 'a', members: 'x' } }
  const found = differences([
    run({ ...shared, T: 4, optimiser: { lr: 0.1 } }),
    run({ dataset: { name: 'a', members: 'y' }, network: 2, T: 4, optimiser: { lr: 0.2 }, seed: 1 }),
  ])
  expect(found).toEqual([
    { name: 'optimiser.lr', values: ['0.1', '0.2'] },
    { name: 'seed', values: ['–', '1'] },
  ])
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
