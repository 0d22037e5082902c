import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { testSurroundings } from '../../test/cli/surroundings.ts'
import { Random } from '../base/index.ts'
import { arrayDataset, type Datasets } from '../data/index.ts'
import { writeNpy } from '../formats/index.ts'
import { lif } from '../neurons/index.ts'
import { Linear, Network, Sequential, Spiking } from '../nn/index.ts'
import { nodeTraining } from '../runs/index.ts'
import { adamW, loadNetwork, predict } from '../train/index.ts'
import { runCommandLine } from './command-line.ts'
import { commands } from './commands/index.ts'

const parent = mkdtempSync(join(tmpdir(), 'spikelet-targets-'))
afterAll(() => rmSync(parent, { recursive: true }))

async function spikelet(...words: string[]): Promise<{ code: number; output: string; errors: string }> {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(words, commands, surroundings)
  return { code, output: output(), errors: errors() }
}

const random = new Random(1)
const x = Float32Array.from({ length: 120 }, () => random.uniform())
const rows = Array.from({ length: 60 }, (_, n) => [x[2 * n], x[2 * n + 1]])

const sides = (name: string, y: Float32Array | number[][]): Datasets => {
  const side = arrayDataset({ name, x, shape: [2], y, classes: ['sum', 'difference'] })
  return { name, train: side, test: side, notes: [] }
}

const network = () =>
  new Network({
    name: 'small',
    input: [2],
    seed: 2,
    layer: new Sequential([new Linear({ features: 16 }), new Spiking({ neuron: lif() }), new Linear({ features: 2 })]),
  })

const training = { T: 4, epochs: 8, batch: 10, optimiser: adamW({ learningRate: 0.03 }), threads: 1, log: () => {} }

test('a regression of a program is listed, reported and told in numbers by the command line', async () => {
  const run = join(parent, 'numbers')
  const data = sides('sums', Float32Array.from(rows.flatMap(([a, b]) => [a + b, a - b])))
  const { final } = await nodeTraining.train(network(), data, { ...training, run })
  const summary = readFileSync(join(run, 'summary.json'), 'utf8')
  expect(JSON.parse(summary).final).toMatchObject({ testR2: final!.testAccuracy })
  expect(summary).not.toContain('Accuracy"')
  const [row] = JSON.parse((await spikelet('runs', parent, '--json')).output)
  expect(row).toMatchObject({ accuracy: final!.testAccuracy, measure: 'R2' })
  expect((await spikelet('runs', parent)).output).toContain(`R2 ${final!.testAccuracy.toFixed(3)}`)
  const page = readFileSync(join(run, 'report.html'), 'utf8')
  expect(page).toContain('test R2')
  expect(page).not.toMatch(/accuracy|Confusion/i)
  const checkpoint = join(run, 'checkpoints/best.safetensors')
  const file = join(parent, 'samples.npy')
  writeFileSync(file, writeNpy({ shape: [3, 2], values: x.slice(0, 6) }))
  const { output } = await spikelet('predict', checkpoint, file, '--threads', '1')
  const said = await predict(
    await loadNetwork(checkpoint),
    [0, 1, 2].map((n) => x.slice(2 * n, 2 * n + 2)),
  )
  const numbers = said.map(
    ({ outputs: [a, b] }, n) => `${n}\tsum ${Number(a.toPrecision(6))}\tdifference ${Number(b.toPrecision(6))}`,
  )
  expect(output.trim().split('\n')).toEqual(numbers)
  const judged = await spikelet('evaluate', checkpoint, '--threads', '1')
  expect(judged.code).toBe(2)
  expect(judged.errors).toContain("trained on 'sums', a data set of a program")
})

test('several labels: each has a share of its own', async () => {
  const run = join(parent, 'labels')
  const data = sides(
    'signs',
    rows.map(([a, b]) => [...(a + b > 1 ? [0] : []), ...(a > b ? [1] : [])]),
  )
  const result = await nodeTraining.train(network(), data, { ...training, epochs: 40, run })
  const [row] = JSON.parse((await spikelet('runs', parent, '--json', '--filter', 'run=labels')).output)
  expect(row).toMatchObject({ accuracy: result.final!.testAccuracy, measure: 'label accuracy' })
  const file = join(parent, 'more.npy')
  writeFileSync(file, writeNpy({ shape: [1, 2], values: Float32Array.of(0.9, 0.8) }))
  const checkpoint = join(run, 'checkpoints/best.safetensors')
  const { output } = await spikelet('predict', checkpoint, file, '--threads', '1', '--json')
  const [{ predicted, classes }] = JSON.parse(output).predictions
  expect(predicted).toContain('sum')
  const said = await predict(await loadNetwork(checkpoint), Float32Array.of(0.9, 0.8))
  for (const { name, share } of classes) expect(share).toBeCloseTo(said.shares[name === 'sum' ? 0 : 1], 9)
})
