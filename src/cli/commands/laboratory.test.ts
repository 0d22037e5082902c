import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testSurroundings } from '../../../test/cli/surroundings.ts'
import { sweepSchema } from '../../runs/run-settings.ts'
import { runCommandLine } from '../command-line.ts'
import { commands } from './index.ts'
import { askedText, placeOf, plannedRuns } from './sweep-plan.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-laboratory-'))
  await writeFile(
    join(folder, 'mine.json'),
    JSON.stringify({
      name: 'mine',
      constants: { tau: 2, threshold: 1 },
      learnable: { beta: 0.5 },
      equations: ['u = (1 - 1/tau) * u + x', 's = spike(u - threshold - beta * a)', 'a = 0.9 * a + s', 'u = u - s'],
    }),
  )
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function spikelet(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(words, commands, surroundings)
  return { code, output: output(), errors: errors() }
}

describe('gradient', () => {
  it('tells what is left and which way it came, and draws it, for a neuron of one’s own too', async () => {
    const out = join(folder, 'map.svg')
    const mine = join(folder, 'mine.json')
    const { code, output } = await spikelet('gradient', '--neurons', `lif,clif,${mine}`, '--T', '20', '--out', out)
    expect(code).toBe(0)
    for (const name of ['lif', 'clif', 'mine']) expect(output).toMatch(new RegExp(`^${name} +\\d+(\\.\\d+)? %`, 'm'))
    for (const way of ['spatial', 'carried by a', 'in u all the way', 'changing states']) expect(output).toContain(way)
    expect(await readFile(out, 'utf8')).toMatch(/^<svg [\s\S]*mine/)
  })

  it('gives all numbers as JSON', async () => {
    const { output } = await spikelet(
      'gradient',
      '--neurons',
      'clif',
      '--T',
      '3',
      '--json',
      '--out',
      join(folder, 'm.json'),
    )
    const { maps, T } = JSON.parse(output)
    expect([T, maps[0].name, maps[0].total.size.length, maps[0].through.m.mean[0].length]).toEqual([3, 'clif', 3, 3])
    expect(JSON.parse(await readFile(join(folder, 'm.json'), 'utf8')).maps[0].name).toBe('clif')
  })

  it.each([
    [['--neurons', 'lfi'], "Did you mean 'lif'?"],
    [['--input', 'poison:1'], "unknown input 'poison:1'"],
    [['--out', 'map.png'], 'ends in .svg or .json'],
  ])('answers %j', async (words, message) => {
    const { code, errors } = await spikelet('gradient', '--T', '3', ...words)
    expect(code).toBe(2)
    expect(errors).toContain(message)
  })
})

describe('neuron with an input', () => {
  it('draws recording, autocorrelation, histogram, gradient, truncation, dependencies and paths', async () => {
    const out = join(folder, 'drawn')
    const { code, output } = await spikelet('neuron', 'clif', '--input', 'poisson:0.3', '--T', '24', '--out', out)
    expect(code).toBe(0)
    expect(output).toMatch(/fires in [\d.]+ % of 24 steps/)
    expect((await readdir(out)).sort()).toEqual([
      'autocorrelation.svg',
      'dependencies.svg',
      'gradient.svg',
      'histogram.svg',
      'index.html',
      'paths.svg',
      'recording.json',
      'recording.svg',
      'truncation.svg',
    ])
  })

  it('needs nothing but the equations of a neuron of one’s own, and prints its recording', async () => {
    const mine = join(folder, 'mine.json')
    const { output } = await spikelet('neuron', mine, '--input', '0.8,0.4,0.9', '--T', '6', '--json')
    const [{ values, s }] = JSON.parse(output).recordings
    expect(values.u).toHaveLength(6)
    expect(s.every((value: number) => value === 0 || value === 1)).toBe(true)
  })

  it('draws neurons without states', async () => {
    const { code } = await spikelet('neuron', 'psn', '--T', '8', '--out', join(folder, 'psn'))
    expect(code).toBe(0)
  })
})

describe('sweep', () => {
  const plan = (options: object) => {
    const given = new Set(Object.keys(options))
    const { surroundings } = testSurroundings()
    return plannedRuns('fashion-mnist', {
      options: sweepSchema.parse({ name: 'all', ...options }),
      given,
      surroundings,
    })
  }

  it('runs every combination with every seed', () => {
    const { runs, folder: where } = plan({ neurons: ['lif'], tau: [1.5, 2], T: [2, 4], bptt: [1], seeds: 2, seed: 7 })
    expect(where).toBe(join('runs', 'all'))
    expect(runs.map(({ name }) => name)).toEqual([
      'lif-tau1.5-T2-k1-seed7',
      'lif-tau1.5-T2-k1-seed8',
      'lif-tau1.5-T4-k1-seed7',
      'lif-tau1.5-T4-k1-seed8',
      'lif-tau2-T2-k1-seed7',
      'lif-tau2-T2-k1-seed8',
      'lif-tau2-T4-k1-seed7',
      'lif-tau2-T4-k1-seed8',
    ])
    expect(runs[2].options).toMatchObject({ neuron: 'lif', neuronOptions: { tau: 1.5 }, T: 4, bptt: 1, seed: 7 })
  })

  it('varies any other option', () => {
    const { runs } = plan({ neurons: ['lif'], vary: { lr: [0.05, 0.1], optimiser: ['sgd', 'adamW'] }, seeds: 1 })
    expect(runs.map(({ name }) => name)).toEqual([
      'lif-T4-lr0.05-optimisersgd-seed1',
      'lif-T4-lr0.05-optimiseradamW-seed1',
      'lif-T4-lr0.1-optimisersgd-seed1',
      'lif-T4-lr0.1-optimiseradamW-seed1',
    ])
    expect(runs[3].options).toMatchObject({ lr: 0.1, optimiser: 'adamW', T: 4, seed: 1 })
    expect(placeOf(runs[3].point)).toEqual({ neuron: 'lif', axes: { T: 4, lr: 0.1 } })
  })

  it.each([
    [{ lrr: [1] }, /'lrr' is no option[\s\S]*'lr'/],
    [{ out: ['/tmp'] }, /'out' is no option/],
    [{ constructor: ['a'] }, /'constructor' is no option/],
    [{ neuron: ['lif'] }, /Use --neurons/],
    [{ lr: ['fast'] }, /'lr' cannot have this value[\s\S]*"fast"/],
    [{ lr: [0.1, 0.1] }, /named twice/],
  ])('does not vary %j', (vary, message) => {
    expect(() => plan({ vary })).toThrow(message)
  })

  it('keeps what was asked for, but not where', () => {
    const options = sweepSchema.parse({ name: 'all', out: '/tmp', T: [2], vary: { lr: [0.1] } })
    const text = askedText('mnist', { options, given: new Set(['name', 'out', 'T', 'vary']) })
    expect(JSON.parse(text)).toEqual({ dataset: 'mnist', options: { T: [2], vary: { lr: [0.1] } } })
  })

  it('leaves alone what was not asked for', () => {
    const { runs } = plan({ neurons: ['lif', 'clif'], seeds: 1 })
    expect(runs.map(({ name }) => name)).toEqual(['lif-T4-seed1', 'clif-T4-seed1'])
    expect(runs[0].options.neuronOptions).toBeUndefined()
    expect(runs[0].options.bptt).toBeUndefined()
  })
})
