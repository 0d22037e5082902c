import { appendFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { writeManyRuns } from '../../test/studio/many-runs.ts'
import { lockFolder } from '../runs/index.ts'
import { Changes } from './changes.ts'
import { RunList } from './run-list.ts'

let root: string

beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'spikelet-list-')))
  writeManyRuns(root, { runs: 3, epochs: 4, seeds: 3 })
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

const clock = () => Date.now() / 1000
const first = 'lif-T2-000-seed1'

it('reads what changed, and nothing else', async () => {
  const list = new RunList(root, clock)
  expect(await list.scan()).toHaveLength(3)
  const before = list.known()
  expect(await list.scan()).toEqual([])
  expect(list.known().every((run, i) => run === before[i])).toBe(true)
  const line = readFileSync(join(root, first, 'epochs.jsonl'), 'utf8').split('\n')[0]
  appendFileSync(join(root, first, 'epochs.jsonl'), `${line.replace('"epoch":1', '"epoch":5')}\n{"epoch":6,"tr`)
  expect(await list.scan()).toEqual([first])
  // A fifth epoch: the verdict on four counts no more, and the torn line is not there yet.
  expect(list.known()[0]).toMatchObject({
    epochs: 5,
    finished: false,
    accuracy: null,
    neuron: 'lif',
    T: 2,
    seconds: 25,
  })
  expect(list.known()[1]).toMatchObject({ epochs: 4, finished: true, seconds: 20, bestEpoch: 4 })
})

it('tells who works on a run', async () => {
  const list = new RunList(root, clock)
  const lock = await lockFolder(join(root, first))
  const found = (await list.all()).find(({ id }) => id === first)
  expect(found).toMatchObject({ training: true, stoppable: true })
  await lock.release()
  expect(await list.scan()).toEqual([first])
  expect(list.known()[0]).toMatchObject({ training: false, stoppable: false })
})

it('hides no run behind one that is damaged', async () => {
  const list = new RunList(root, clock)
  writeFileSync(join(root, first, 'config.json'), '{"dataset":')
  const runs = await list.all()
  expect(runs).toHaveLength(3)
  expect(runs[0].fault).toContain('not JSON')
  rmSync(join(root, first), { recursive: true })
  expect(await list.scan()).toEqual([first])
})

it('calls back soon after a run came, and not once nobody listens', async () => {
  const list = new RunList(root, clock)
  const changes = new Changes(root, list)
  await list.scan()
  const heard: string[] = []
  const end = changes.listen((ids) => heard.push(...ids))
  await new Promise((resolve) => setTimeout(resolve, 100))
  writeManyRuns(root, { runs: 1, epochs: 1 })
  for (let i = 0; i < 250 && heard.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 20))
  expect(heard).toContain(first)
  end()
  rmSync(join(root, first), { recursive: true })
  const before = heard.length
  await new Promise((resolve) => setTimeout(resolve, 1300))
  expect(heard.length).toBe(before)
})
