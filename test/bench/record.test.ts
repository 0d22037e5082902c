import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { load } from './load.ts'

let folder: string
let writeRecord: (folder: string, record: object) => Promise<string>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-bench-'))
  writeRecord = (await load('record.mjs')).writeRecord as typeof writeRecord
})
afterEach(() => rm(folder, { recursive: true }))

it('is named by date and commit, and overwrites nothing', async () => {
  const record = (value: number) => ({ date: '2030-01-02T03:04:05.678Z', commit: 'abc1234', value })
  const results = join(folder, 'results')
  const paths = [await writeRecord(results, record(1)), await writeRecord(results, record(2))]
  expect(paths.map((path) => basename(path))).toEqual(['2030-01-02-abc1234.json', '2030-01-02-abc1234-2.json'])
  expect(JSON.parse(await readFile(paths[0], 'utf8'))).toEqual(record(1))
  expect(JSON.parse(await readFile(paths[1], 'utf8'))).toEqual(record(2))
  expect(await readdir(results)).toHaveLength(2)
})
