import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { writeNpy } from '../../formats/index.ts'
import { type NirGraph, writeNir } from '../../interop/index.ts'

const array = (...values: number[]) => ({ shape: [values.length], values: Float64Array.from(values) })

/** Two neurons that take their input as it is: each step their potential goes half the way to it. */
const graph: NirGraph = {
  version: '1.0',
  nodes: new Map([
    ['input', { type: 'Input', fields: new Map([['shape', array(2)]]) }],
    [
      'lif',
      {
        type: 'LIF',
        fields: new Map([
          ['tau', array(2, 2)],
          ['r', array(1, 1)],
          ['v_leak', array(0, 0)],
          ['v_threshold', array(1, 1)],
          ['v_reset', array(0, 0)],
        ]),
      },
    ],
    ['output', { type: 'Output', fields: new Map([['shape', array(2)]]) }],
  ]),
  edges: [
    ['input', 'lif'],
    ['lif', 'output'],
  ],
}

/** From the build, whose reader of HDF5 works in a process of its own. */
const main = new URL('../../../dist/cli/main.js', import.meta.url).pathname

function spikelet(...words: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [output, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text) => (errors += text))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output, errors })))
}

describe('import --readings', () => {
  let folder: string
  const path = (name: string) => join(folder, name)
  const numbers = (name: string, shape: readonly number[], values: readonly number[]) =>
    writeFile(path(name), writeNpy({ shape, values: Float32Array.from(values) }))

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spikelet-readings-'))
    await writeFile(path('lif.nir'), await writeNir(graph))
    // Two samples of three steps. The second reaches 3 at neuron 1: a soft reset leaves 2, and it fires again.
    await numbers('input.npy', [3, 2, 2], [0, 0, 0, 6, 0, 0, 0, 1.1, 0, 0, 0, 0])
    await numbers('soft.npy', [3, 2, 2], [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0])
    await numbers('none.npy', [3, 2, 2], [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0])
    await numbers('wide.npy', [3, 5], new Array(15).fill(0))
  })
  afterAll(() => rm(folder, { recursive: true }))

  const compare = (...words: string[]) =>
    spikelet('import', path('lif.nir'), '--dt', '1', '--readings', path('input.npy'), ...words)

  it('names the first step and neuron at which readings part', async () => {
    const { code, output } = await compare('--sample', '1')
    expect(code).toBe(0)
    expect(output).toContain('3 steps of 1, input ')
    expect(output).toMatch(/hard reset, fires at the threshold, starts at rest +1 {2}nowhere/)
    expect(output).toMatch(/soft reset, fires above the threshold, starts at rest +2 {2}step 1, layer \S+, neuron 1/)
    expect(output.match(/starts at/g)).toHaveLength(12)
    expect((await compare('--sample', '0')).output.match(/nowhere/g)).toHaveLength(12)
  })

  it('finds the readings that gave the spikes of another program', async () => {
    const { output } = await compare('--sample', '1', '--spikes', path('soft.npy'))
    const [, found] = output.split('These readings give the spikes of the file:')
    expect(found.match(/(soft|late) reset/g)).toHaveLength(8)
    expect(found).not.toContain('hard')
    expect(output).toMatch(/hard reset, fires above the threshold, starts at rest +1 {2}step 1, layer \S+, neuron 1/)
  })

  it('says which reading goes furthest where none gives them', async () => {
    const { output } = await compare('--sample', '1', '--spikes', path('none.npy'))
    expect(output).toMatch(/No reading gives the spikes of \S+none\.npy[\s\S]*until step 1, layer \S+, neuron 0/)
  })

  it('takes a described input, its own step, and fewer steps', async () => {
    const { output } = await spikelet('import', path('lif.nir'), '--readings', 'constant:2', '--T', '5')
    expect(output).toContain('steps of 1, by its time constants; --dt says another')
    // 2 makes the potential reach 1 exactly.
    expect(output).toMatch(/hard reset, fires at the threshold, starts at rest +10 {2}step 0, layer \S+, neuron 0/)
    expect((await compare('--T', '2')).output).toContain('2 steps of 1, input ')
  })

  it.each([
    [['--readings', 'poison:1'], /unknown input/],
    [['--readings', 'input.npy', '--T', '4'], /fewer steps[\s\S]*--T 3 or less/],
    [['--readings', 'input.npy', '--sample', '2'], /no such sample[\s\S]*0 to 1/],
    [['--readings', 'wide.npy'], /do not fit[\s\S]*\[T, samples, 2\][\s\S]*\[3, 5\]/],
    [['--readings', 'input.npy', '--spikes', 'wide.npy'], /do not fit/],
    [['--readings', 'missing.npy'], /cannot read this file/],
    [['--spikes', 'soft.npy'], /needs the input that they came from/],
  ])('refuses %j', async (words, message) => {
    const inFolder = words.map((word) => (word.endsWith('.npy') ? path(word) : word))
    const { code, errors } = await spikelet('import', path('lif.nir'), '--dt', '1', ...inFolder)
    expect(code).not.toBe(0)
    expect(errors).toMatch(message)
  })

  it('refuses files that are no graphs', async () => {
    const { code, errors } = await spikelet('import', path('input.npy'), '--readings', 'poisson:0.3')
    expect([code === 0, errors.includes('--readings is for NIR graphs')]).toEqual([false, true])
  })
})

const shared = new URL('../../../../shared/data/nir/', import.meta.url)
const graphs = existsSync(shared) ? readdirSync(shared).filter((name) => /lif|braille/.test(name)) : []

test.skipIf(graphs.length === 0).each(graphs)('%s is run in every reading', async (name) => {
  const { code, output } = await spikelet(
    'import',
    new URL(name, shared).pathname,
    '--readings',
    'poisson:0.3',
    '--T',
    '5',
  )
  expect([code, output.match(/starts at/g)?.length]).toEqual([0, 12])
})
