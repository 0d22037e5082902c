import { expect, test } from 'vitest'
import { addressWith, packed, stateOfAddress, unpacked } from '../../studio/link.ts'
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
