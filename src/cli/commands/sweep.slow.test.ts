import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testSurroundings } from '../../../test/cli/surroundings.ts'
import { runCommandLine } from '../command-line.ts'
import { commands } from './index.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-sweep-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function spikelet(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(words, commands, surroundings)
  return { code, output: output(), errors: errors() }
}

describe('sweep', () => {
  it('trains, writes a table, and goes on with what is there', async () => {
    const words = [
      'sweep',
      'fashion-mnist',
      '--neurons',
      'lif',
      '--T',
      '1,2',
      '--seeds',
      '1',
      '--limit',
      '40',
      '--validation',
      '0',
    ]
    const rest = [
      '--epochs',
      '1',
      '--batch',
      '8',
      '--threads',
      '1',
      '--out',
      folder,
      '--name',
      'swept',
      '--backend',
      'wasm',
    ]
    const first = await spikelet(...words, ...rest)
    expect([first.code, first.errors.includes('error')]).toEqual([0, false])
    expect(first.output).toMatch(/neuron {2}T {2}test accuracy[\s\S]*lif +1[\s\S]*lif +2/)
    const csv = await readFile(join(folder, 'swept', 'sweep.csv'), 'utf8')
    expect(
      csv
        .split('\n')
        .slice(0, 2)
        .map((line) => line.split(',').slice(0, 5).join()),
    ).toEqual(['neuron,tau,T,k,run', 'lif,,1,,1'])
    const again = await spikelet(...words, ...rest, '--json')
    expect(JSON.parse(again.output).rows.map(({ T }: { T: number }) => T)).toEqual([1, 2])
  })
})
