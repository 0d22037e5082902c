import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { testSurroundings } from '../../test/cli/surroundings.ts'
import { type Datasets, limitDatasets, openDataset } from '../data/index.ts'
import { readSafetensors } from '../interop/index.ts'
import { modelNamed } from '../models/index.ts'
import { clif } from '../neurons/index.ts'
import { nodeTraining } from '../runs/index.ts'
import { runCommandLine } from './command-line.ts'
import { commands } from './commands/index.ts'

const parent = mkdtempSync(join(tmpdir(), 'spikelet-both-'))
afterAll(() => rmSync(parent, { recursive: true }))

const parametersOf = (folder: string) =>
  [...readSafetensors(readFileSync(join(folder, 'checkpoints/last.safetensors'))).tensors].map(([name, { values }]) => [
    name,
    [...(values as Float32Array)],
  ])

const filesOf = (folder: string) =>
  readdirSync(folder)
    .map((name) => name.replace(/tfevents.*/, ''))
    .sort()

async function spikelet(...words: string[]): Promise<string> {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(words, commands, surroundings)
  expect(code, errors()).toBe(0)
  return output()
}

const images = async (): Promise<Datasets> => limitDatasets(await openDataset('fashion-mnist'), 40)
const network = ({ train }: Datasets) =>
  modelNamed('dense')({ input: train.shape, classes: 10, neuron: clif(), hidden: [8], T: 2 })
const settings = { T: 2, threads: 1, log: () => {} }
const flags = ['--model', 'dense', '--hidden', '8', '--T', '2', '--limit', '40', '--threads', '1', '--out', parent]

test('library and command line give the same bits by default, and leave the same files', async () => {
  const data = await images()
  const run = join(parent, 'library')
  await nodeTraining.train(network(data), data, { ...settings, epochs: 1, run })
  await spikelet('train', 'fashion-mnist', ...flags, '--epochs', '1', '--name', 'command')
  const command = join(parent, 'command')
  expect(parametersOf(run)).toEqual(parametersOf(command))
  expect(filesOf(run)).toEqual(filesOf(command))
  const summary = (folder: string) => JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))
  expect(summary(run).command).toContain('--hidden 8')
  expect(summary(run).final).toEqual(summary(command).final)
})

test('a run of one is gone on with by the other, for more epochs, with the bits of one that did not stop', async () => {
  const data = await images()
  const constant = { ...settings, validation: 'none' as const }
  const library = join(parent, 'first-library')
  await nodeTraining.train(network(data), data, { ...constant, epochs: 1, run: library })
  await spikelet('train', '--resume', library, '--epochs', '2', '--threads', '1')
  const command = join(parent, 'first-command')
  await spikelet('train', 'fashion-mnist', ...flags, '--epochs', '1', '--validation', '0', '--name', 'first-command')
  const net = network(data)
  await nodeTraining.train(net, data, { ...constant, epochs: 2, run: command, resume: true })
  expect(parametersOf(library)).toEqual(parametersOf(command))
  for (const folder of [library, command]) {
    expect(JSON.parse(readFileSync(join(folder, 'command.json'), 'utf8')).options.epochs).toBe(2)
    expect(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')).epochs).toBe(2)
    expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')).epochs).toHaveLength(2)
  }
})
