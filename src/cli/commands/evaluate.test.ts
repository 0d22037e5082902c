import { mkdtemp, rm, writeFile } from 'node:fs/promises'
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
  folder = await mkdtemp(join(tmpdir(), 'spikelet-evaluate-'))
  checkpoint = join(folder, 'best.safetensors')
  await writeFile(checkpoint, (await smallCheckpoint()).bytes)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function evaluated(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const all = ['evaluate', checkpoint, '--limit', '10', '--threads', '1', '--T', '4', ...words]
  const code = await runCommandLine(all, commands, surroundings)
  return { code, output: output(), errors: errors() }
}

describe('evaluate with another neuron', () => {
  it('tells what stays, and runs with it', async () => {
    const { output, code } = await evaluated('--neuron', 'clif')
    expect(code).toBe(0)
    expect(output).toMatch(/^neuron +clif instead of lif\nkept +weights, BatchNorm, tau 1\.5, threshold 1\n\naccuracy/)
    const plif = await evaluated('--neuron', 'plif')
    expect(plif.output).toMatch(/^new +w of 3 layers$/m)
  })

  it('runs one neuron with another reset: same is same, other is other', async () => {
    const json = async (...words: string[]) => JSON.parse((await evaluated(...words, '--json')).output)
    const trained = await json()
    expect((await json('--neuron', 'lif')).loss).toBe(trained.loss)
    expect((await json('--reset', 'soft:0', '--neuron', 'lif')).loss).toBeCloseTo(trained.loss, 5)
    const losses = await Promise.all(
      ['hard', 'hard:-0.1', 'leak:-0.1', 'soft:-0.1', 'none'].map(
        async (reset) => (await json('--neuron', 'lif', '--reset', reset)).loss,
      ),
    )
    expect(new Set([trained.loss, ...losses]).size).toBe(6)
    expect((await json('--reset', 'leak:0', '--neuron', 'lif')).loss).toBeCloseTo(losses[0], 5)
  })

  it.each([
    [['--neuron', 'lfi'], "Did you mean 'lif'?"],
    [['--reset', 'harder'], 'hard:VALUE'],
    [['--neuron', 'clif', '--reset', 'leak:-0.1'], 'a reading of LIF'],
    [['--neuron', 'relu'], 'cannot be exchanged'],
  ])('answers %j', async (words, message) => {
    const { code, errors } = await evaluated(...words)
    expect(code).toBe(2)
    expect(errors).toContain(message)
  })
})
