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

test('runs of both are counted, sorted and filtered; reports come at any time', async () => {
  const rows = JSON.parse(await spikelet('runs', parent, '--json', '--sort', 'epochs'))
  expect(rows.map(({ run }: { run: string }) => run)).toEqual(['command', 'library', 'first-command', 'first-library'])
  expect(rows[1]).toMatchObject({ data: 'fashion-mnist', network: 'dense', neuron: 'clif', T: 2, seed: 1, epochs: 1 })
  expect(rows[1].accuracy).toBeGreaterThan(0)
  expect(rows[1].accuracy).toBe(rows[0].accuracy)
  expect(JSON.parse(await spikelet('runs', parent, '--json', '--filter', 'run=first-*,T=2'))).toHaveLength(2)
  const [head, rule] = (await spikelet('runs', parent)).split('\n')
  expect(rule.length).toBeLessThanOrEqual(80)
  expect(head).toMatch(/^run .*accuracy/)
  rmSync(join(parent, 'library', 'summary.json'))
  expect(await spikelet('runs', parent)).toContain('not finished')
  const page = join(parent, 'page.html')
  await spikelet('report', join(parent, 'library'), join(parent, 'command'), '--out', page)
  expect(readFileSync(page, 'utf8')).toContain('2 runs')
  await expect(
    spikelet('evaluate', join(parent, 'library/checkpoints/best.safetensors'), '--limit', '40', '--threads', '1'),
  ).resolves.toMatch(/accuracy/)
})

test('a run with parts of a program goes on in that program alone, and the command line says which', async () => {
  const data = await images()
  const run = join(parent, 'own')
  const rising = ({ update }: { update: number }) => update + 1
  await nodeTraining.train(network(data), data, { ...settings, epochs: 1, run, schedule: rising })
  const { surroundings, errors } = testSurroundings()
  expect(await runCommandLine(['train', '--resume', run, '--threads', '1'], commands, surroundings)).toBe(2)
  expect(errors()).toMatch(/begun by a program, with its own schedule/)
  expect(JSON.parse(readFileSync(join(run, 'summary.json'), 'utf8')).command).toBe('made by a program, with train()')
})

test('early stopping and class weights on the command line are those of the library', async () => {
  const data = await images()
  const run = join(parent, 'early')
  const own = { earlyStopping: { patience: 1 }, classWeights: 'balanced' as const }
  await nodeTraining.train(network(data), data, { ...settings, ...own, epochs: 3, run })
  const more = ['--epochs', '3', '--early-stop', '1', '--class-weights', 'balanced', '--name', 'early-command']
  await spikelet('train', 'fashion-mnist', ...flags, ...more)
  expect(parametersOf(run)).toEqual(parametersOf(join(parent, 'early-command')))
  expect(JSON.parse(readFileSync(join(run, 'command.json'), 'utf8'))).toMatchObject({
    options: { earlyStop: 1, classWeights: ['balanced'] },
    program: { own: [] },
  })
})
