import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readRunCommand, runName, writeRunCommand } from './folder.ts'
import { recordedSchema } from './run-settings.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-run-'))
})

afterEach(() => rm(folder, { recursive: true }))

const options = recordedSchema.parse({ neuronOptions: { tau: 1.5 } })

it('keeps the command of a run', async () => {
  await writeRunCommand(join(folder, 'a'), { dataset: 'mnist', options })
  expect(await readRunCommand(join(folder, 'a'))).toEqual({ dataset: 'mnist', options })
  expect(await readdir(join(folder, 'a'))).toEqual(['command.json'])
})

it.each([
  ['nothing', undefined, 'there is no run in this folder to resume'],
  ['half a record', '{"dataset": "mn', 'cannot be read'],
  ['another record', '{"options": {}}', 'names no data set'],
  ['options out of range', '{"dataset": "mnist", "options": {"T": 0}}', 'cannot be read'],
])('refuses %s', async (_, text, message) => {
  if (text !== undefined) await writeFile(join(folder, 'command.json'), text)
  await expect(readRunCommand(folder)).rejects.toThrow(message)
})

it('names runs by what they are and when', () => {
  const seconds = Date.UTC(2024, 2, 9, 15, 30, 42) / 1000
  expect(runName('mnist', options, seconds)).toBe('mnist-snn5-clif-20240309-153042')
  expect(runName('mnist', { ...options, neuron: './my neurons/a b.json' }, seconds)).toBe(
    'mnist-snn5-a-b-20240309-153042',
  )
})
