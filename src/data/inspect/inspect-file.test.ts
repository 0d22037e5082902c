import { gzipSync } from 'node:zlib'
import { packTar } from 'modern-tar'
import { expect, test } from 'vitest'
import { writeIdx } from '../../formats/index.ts'
import { inspectFile } from './inspect-file.ts'

const text = (value: string) => new TextEncoder().encode(value)

test('a gzip file is called what it holds', async () => {
  const csv = gzipSync(text('t,x,y,p\n1,2,3,1\n'))
  expect(await inspectFile(csv, 'a.csv.gz')).toMatchObject({ format: 'CSV, gzip', kind: 'events', file: 'a.csv.gz' })
  const idx = gzipSync(writeIdx([2, 3], new Uint8Array(6)))
  expect(await inspectFile(idx, 'images.gz')).toMatchObject({ format: 'IDX, gzip', shape: [2, 3], bytes: idx.length })
  const tar = gzipSync(await packTar([{ header: { name: 'a', size: 1, type: 'file' }, body: 'x' }]))
  expect(await inspectFile(tar, 'a.tar.gz')).toMatchObject({ format: 'tar, gzip', members: 1 })
})

test('a damaged one is refused by the name of the file', async () => {
  const cut = gzipSync(text('t,x,y,p\n1,2,3,1\n')).subarray(0, 20)
  await expect(inspectFile(cut, 'a.csv.gz')).rejects.toThrow(/gzip[\s\S]*a\.csv\.gz/)
})
