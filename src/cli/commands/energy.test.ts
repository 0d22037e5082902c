import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testSurroundings } from '../../../test/cli/surroundings.ts'
import { runCommandLine } from '../command-line.ts'
import { smallCheckpoint } from '../testing/small-checkpoint.ts'
import { commands } from './index.ts'

let folder: string
let checkpoint: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-energy-'))
  checkpoint = join(folder, 'run', 'checkpoints', 'best.safetensors')
  await mkdir(join(folder, 'run', 'checkpoints'), { recursive: true })
  const { bytes, neuronPaths } = await smallCheckpoint()
  await writeFile(checkpoint, bytes)
  const firingRates = neuronPaths.map((layer, i) => ({ layer, rate: [0.2, 0.1, 0.05][i] }))
  await writeFile(join(folder, 'run', 'summary.json'), JSON.stringify({ firingRates }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function spikelet(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine([...words, '--out', join(folder, 'energy.svg')], commands, surroundings)
  return { code, output: output(), errors: errors() }
}

const untrained = ['energy', '--model', 'snn3', '--input', '34x34x2', '--events', '--T', '5']

describe('energy', () => {
  it('prints a row a layer, sums, assumptions, and draws', async () => {
    const words = ['--model', 'resnet18', '--neuron', 'clif', '--T', '6', '--rates', 'published:cifar10']
    const { code, output } = await spikelet('energy', ...words)
    expect(code).toBe(0)
    expect(output).toMatch(/^blocks\.0\.sn1 +24\.6 %/m)
    expect(output).toMatch(/^all +412 M +15\.7 M/m)
    expect(output).toMatch(/^with memory +[\d.]+ mJ a step, [\d.]+ mJ an inference$/m)
    expect(output).toMatch(/^assumed\n((- .+\n)( {2}.+\n)*){8}/m)
    expect(await readFile(join(folder, 'energy.svg'), 'utf8')).toMatch(/^<svg /)
    const paper = await spikelet('energy', ...words, '--accounting', 'clif-2024')
    expect(paper.output).toMatch(/^all +67\.8 M +5\.12 M +84\.6 µJ +64\.8 mJ/m)
    expect(paper.output).toContain('not counted a step')
  })

  it('takes rates from JSON and CSV files, and a neuron of one’s own', async () => {
    const mine = join(folder, 'mine.json')
    await writeFile(
      mine,
      JSON.stringify({ name: 'mine', equations: ['u = 0.5 * u + x', 's = spike(u - 1)', 'u = u - s'] }),
    )
    const files = { 'list.json': '[0.1, 0.2, 0.3]', 'list.csv': '0.1\n0.2\n0.3\n' }
    const results = await Promise.all(
      Object.entries(files).map(async ([name, text]) => {
        await writeFile(join(folder, name), text)
        return spikelet(...untrained, '--neuron', mine, '--rates', join(folder, name), '--json')
      }),
    )
    const values = results.map(({ output }) => JSON.parse(output))
    expect(values[0].layers.map(({ rate }: { rate?: number }) => rate).filter(Boolean)).toEqual([0.1, 0.2, 0.3])
    expect(values[1].memory).toEqual(values[0].memory)
    const paths = values[0].layers.flatMap(({ path, rate }: { path: string; rate?: number }) => (rate ? [path] : []))
    const csv = join(folder, 'named.csv')
    await writeFile(csv, `layer,rate\n${paths.map((path: string, i: number) => `${path},0.${i + 1}`).join('\n')}\n`)
    expect(
      JSON.parse((await spikelet(...untrained, '--rates', csv, '--neuron', mine, '--json')).output).memory,
    ).toEqual(values[0].memory)
  })

  it('takes a run’s own rates, or measures those of a checkpoint', async () => {
    const recorded = await spikelet('energy', join(folder, 'run'))
    expect(recorded.output).toMatch(/fires.*\n.*\n.*\n.+ 20\.0 %/)
    expect(recorded.output).toContain('measured with all test images')
    const measured = await spikelet('energy', checkpoint, '--limit', '10', '--threads', '1', '--json')
    const { rates, T, layers } = JSON.parse(measured.output)
    expect([rates, T]).toEqual(['measured with 10 test images', 2])
    expect(layers.filter(({ rate }: { rate?: number }) => rate !== undefined).length).toBe(3)
  })

  it.each([
    [['energy'], 'no network is given'],
    [untrained, 'has no firing rates of its own'],
    [[...untrained, '--rates', 'nowhere.csv'], 'cannot read this file of firing rates'],
    [[...untrained, '--rates', 'published:cifra10'], 'no published firing rates'],
    [[...untrained, '--neuron', 'lif', '--rates', 'published:dvs-gesture'], '3, in this order'],
    [['energy', '--model', 'snn3', '--input', '34x34'], 'HEIGHTxWIDTHxCHANNELS'],
  ])('answers %j', async (words, message) => {
    const { code, errors } = await spikelet(...words)
    expect(code).toBe(2)
    expect(errors).toContain(message)
  })

  it.each([['hello'], ['{}'], ['[]'], ['[1, "a"]'], ['layer,rate'], ['a,b,0.3'], ['{"a": '], ['']])(
    'refuses the rates %j',
    async (text) => {
      const file = join(folder, 'bad.txt')
      await writeFile(file, text)
      const { code, errors } = await spikelet(...untrained, '--rates', file)
      expect([code, errors]).toEqual([1, expect.stringContaining('holds no firing rates')])
    },
  )
})
