import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RunSummary } from '../report/index.ts'
import { runFiles } from './run-files.ts'
import { readSummary, writeSummary } from './summary-file.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spikelet-summary-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const summary: RunSummary = {
  name: 'runs/a',
  neuron: 'lif',
  model: 'snn5',
  dataset: 'mnist',
  command: 'npx spikelet train mnist',
  config: { T: 4 },
  epochs: [
    { epoch: 1, trainLoss: 1, trainAccuracy: 0.5, learningRate: 0.1, imagesPerSecond: Number.POSITIVE_INFINITY },
  ],
  final: { testAccuracy: 0.9, lastEpochTestAccuracy: 0.8, bestEpoch: 1, rule: 'last epoch' },
  firingRates: [{ layer: 'sn1', rate: 0.1 }],
}

it('gives back a verdict, with NaN for what JSON has no number for', async () => {
  await writeSummary(folder, summary)
  const [epoch] = summary.epochs
  expect(await readSummary(folder, (line) => expect.unreachable(line))).toEqual({
    ...summary,
    epochs: [{ ...epoch, imagesPerSecond: Number.NaN }],
  })
})

it.each([
  ['', 'is empty'],
  ['{"final": {"testAcc', 'is torn'],
  ['[1, 2]', 'is no verdict'],
  [JSON.stringify({ ...summary, final: { ...summary.final, bestEpoch: '<script>' } }), 'final.bestEpoch'],
])('counts %j as not finished, and says why', async (text, why) => {
  writeFileSync(join(folder, runFiles.summary), text)
  const lines: string[] = []
  expect(await readSummary(folder, (line) => lines.push(line))).toBeUndefined()
  expect(lines).toEqual([expect.stringContaining(why)])
  expect(lines[0]).toContain(join(folder, runFiles.summary))
})

it('knows no verdict where there is no file', async () => {
  expect(await readSummary(folder, (line) => expect.unreachable(line))).toBeUndefined()
})
