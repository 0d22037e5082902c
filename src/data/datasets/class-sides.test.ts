import { expect, test } from 'vitest'
import type { DataFolder, FolderEntry } from '../files.ts'
import { sidesOf } from './class-sides.ts'

const kind = { name: 'images', endings: ['.png'] }

/** A folder of empty files, by their paths; one that ends in a slash is an empty folder. */
function folderOf(paths: readonly string[]): DataFolder {
  return {
    place: 'mine',
    read: async () => undefined,
    async list(below) {
      const inside = paths.filter((path) => below === '' || path.startsWith(`${below}/`))
      const entries = new Map<string, FolderEntry>()
      for (const path of inside) {
        const [name, ...rest] = path.slice(below === '' ? 0 : below.length + 1).split('/')
        if (name !== '') entries.set(name, { name, isFolder: rest.length > 0, size: 0 })
      }
      return [...entries.values()]
    },
  }
}

const many = (name: string, count = 10) => Array.from({ length: count }, (_, i) => `${name}/${i}.png`)

test('stray and empty folders are no classes; a note names the empty ones, and what is not read', async () => {
  const folder = folderOf([
    ...many('cats'),
    ...many('dogs'),
    ...many('__MACOSX'),
    ...many('@eaDir'),
    ...['.hidden/1.png', 'empty/', 'cats/._1.png', 'cats/Thumbs.db', 'cats/a.webp', 'cats/b.webp', 'dogs/more/1.png'],
  ])
  const { classes, train, test: judged, notes } = await sidesOf(folder, kind)
  expect([classes, train.length, judged.length]).toEqual([['cats', 'dogs'], 18, 2])
  expect(notes).toEqual([
    'no classes, since there are no images in them: empty',
    'not read: 2 .webp',
    'not read, since they lie below a class: dogs/more',
  ])
})

test('train, val and test: val is for validation; train and val: val is for tests', async () => {
  const [train, val, judged] = ['train', 'val', 'test'].map((side) => many(`${side}/a`, 2))
  const three = await sidesOf(folderOf([...train, ...val, ...judged]), kind)
  expect([three.train.length, three.validation.map(({ path }) => path), three.test.length]).toEqual([2, val, 2])
  expect(three.split).toBe('folders train and test; folder val for validation')
  const two = await sidesOf(folderOf([...train, ...val]), kind)
  expect([two.validation.length, two.test.map(({ path }) => path), two.split]).toEqual([
    0,
    val,
    'folders train and val',
  ])
  const one = await sidesOf(folderOf(many('train/a')), kind)
  expect([one.classes, one.train.length, one.test.length]).toEqual([['a'], 9, 1])
})

test('classes that no test file judges are named', async () => {
  const { notes } = await sidesOf(folderOf([...many('a'), ...many('b', 3)]), kind)
  expect(notes).toEqual(['no images for tests of: b'])
})

test('a class that only a later side has is an error; one that train has empty, too', async () => {
  const paths = [...many('train/a', 2), 'train/b/', ...many('test/a', 2), ...many('test/b', 1)]
  await expect(sidesOf(folderOf(paths), kind)).rejects.toThrow(/below 'test' are not those below 'train'[\s\S]*got +b/)
})

test.each([
  [['cats/1.webp', 'cats/2.webp', 'dogs/3.bmp'], /\.png[\s\S]*2 \.webp, 1 \.bmp \(such as cats\/1\.webp\)/],
  [['a/b/c/1.png'], /1 \.png \(such as a\/b\/c\/1\.png\)/],
  [['1.png', '2.png'], /2 \.png \(such as 1\.png\)/],
  [[], /holds no files/],
])('%j: the error says what was found, and what is read', async (paths, message) => {
  await expect(sidesOf(folderOf(paths), kind)).rejects.toThrow(message)
})
