import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleFacts } from '../train/index.ts'
import { readRunCommand } from './folder.ts'
import { recordedLoss } from './training-record.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-words-'))
})

afterAll(() => rm(folder, { recursive: true }))

test('a command of version 0.1 is read in the words of now', async () => {
  const options = { loss: 'paper-one-hot', protocol: 'paper-star', T: 3 }
  await writeFile(join(folder, 'command.json'), JSON.stringify({ dataset: 'cifar10', options }))
  const command = await readRunCommand(folder)
  expect(command.options).toMatchObject({ loss: 'tet-one-hot', protocol: 'clif-2024-starred', T: 3 })
})

test('so is the loss of a checkpoint', () => {
  const facts = (squaredErrorTo: unknown) => sampleFacts({ T: 2, loss: { name: 'paper', squaredErrorTo } })
  expect(recordedLoss(facts(1), 'file').options(2).squaredErrorTo).toBe(1)
  expect(recordedLoss(facts({ off: 0, on: 1 }), 'file').options(2).squaredErrorTo).toEqual({ off: 0, on: 1 })
  const own = sampleFacts({ T: 2, loss: { name: 'byHand' } })
  expect(() => recordedLoss(own, 'file')).toThrow(/loss byHand, which no command knows/)
})
