import { existsSync } from 'node:fs'
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
  const words = ['sweep', 'fashion-mnist', '--neurons', 'lif', '--T', '1,2', '--seeds', '1', '--limit', '40']
  const small = ['--validation', '0', '--epochs', '1', '--batch', '8', '--threads', '1', '--backend', 'wasm']

  it('trains, writes a table, and goes on with what is there', async () => {
    const rest = [...small, '--out', folder, '--name', 'swept']
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

  it.skipIf(!existsSync(new URL('../../../dist/runs/jobs/child.js', import.meta.url)))(
    'gives the same in several processes at once (needs the build), and tells which runs failed',
    async () => {
      const rest = [...small, '--out', folder]
      const alone = await spikelet(...words, ...rest, '--name', 'alone', '--json')
      const together = await spikelet(...words, ...rest, '--name', 'together', '--jobs', '2', '--json')
      expect(together.errors).toMatch(/done lif-T1-seed1 in[\s\S]*/)
      expect(JSON.parse(together.output).rows).toEqual(JSON.parse(alone.output).rows)
      const wrong = await spikelet(...words, ...rest, '--name', 'wrong', '--jobs', '2', '--model', 'vgg11')
      expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('2 of 2 runs failed')])
    },
  )
})
