import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testSurroundings } from '../../../../test/cli/surroundings.ts'
import { experimentNamed } from '../../../experiments/index.ts'
import { runCommandLine } from '../../command-line.ts'
import { commands } from '../index.ts'
import { dataFolders } from './data-folders.ts'
import { estimateOf, estimateText } from './estimate.ts'
import { type Place, plannedJobs } from './planned-jobs.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spikelet-reproduce-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function spikelet(...words: string[]) {
  const { surroundings, output, errors } = testSurroundings()
  const code = await runCommandLine(words, commands, surroundings)
  return { code, output: output(), errors: errors() }
}

describe('reproduce', () => {
  it('lists the experiments', async () => {
    const { output } = await spikelet('reproduce', '--list')
    for (const name of ['fig2a', 'fig6, table3', 'table8']) expect(output).toContain(name)
  })

  it('computes figures and tables of neurons and energy without training, for a neuron of one’s own too', async () => {
    const mine = join(folder, 'mine.json')
    await writeFile(
      mine,
      JSON.stringify({ name: 'mine', equations: ['u = 0.9 * u + x', 's = spike(u - 1)', 'u = u - s'] }),
    )
    const out = join(folder, 'computed')
    const { code, output } = await spikelet('reproduce', 'fig7', 'fig8', '--neuron', mine, '--out', out)
    expect([code, output]).toEqual([0, expect.stringMatching(/fig7[\s\S]*mine[\s\S]*fig8[\s\S]*u of mine/)])
    expect((await readdir(join(out, 'computed', 'fig7'))).sort()).toEqual([
      'recording-clif.svg', 'recording-lif.svg', 'recording-mine.svg', 'report.html', 'result.json', 'table.csv',
    ]) // biome-ignore format: a line of names
    const page = await readFile(join(out, 'computed', 'fig7', 'report.html'), 'utf8')
    expect(page).toContain(`npx spikelet reproduce fig7 --neuron ${mine} --out ${out}`)
    const energy = await spikelet('reproduce', 'table6', 'table7', '--out', out, '--json')
    const { experiments } = JSON.parse(energy.output)
    expect(experiments.map(({ verdict }: { verdict: { agrees: string } }) => verdict.agrees)).toEqual(['yes', 'yes'])
    expect(experiments[0].rows[1]).toMatchObject({ data: 'cifar10', neuron: 'clif', 'paper: ACs': 68.66 })
  })

  it('says of every row whose data set is absent how to get it, and still writes the table', async () => {
    const words = [
      'reproduce',
      'table8',
      '--scale',
      'full',
      '--data',
      join(folder, 'none'),
      '--out',
      join(folder, 'absent'),
    ]
    const { code, output, errors } = await spikelet(...words)
    expect(code).toBe(0)
    expect(errors).toContain('table8: cifar100 is not there: npx spikelet data get cifar100 (2 rows)')
    expect(errors).toContain('no training run is possible: the data named above is missing')
    expect(output.match(/cifar10 is not there: npx spikelet data get cifar10/g)).toHaveLength(2)
  })

  it.each([
    [['fig2c'], "unknown experiment 'fig2c'"],
    [[], 'no experiment is named'],
    [['fig3a', '--neuron', 'plif'], 'fig3a is about the neurons of the paper'],
    [['fig4', '--neuron', 'plf'], "Did you mean 'plif'?"],
    [['fig4', '--data', 'cifar11=./there'], "unknown data set 'cifar11'"],
    [['fig4', '--scale', 'huge'], 'full, small, evening, smoke'],
  ])('answers %j', async (words, message) => {
    const { code, errors } = await spikelet('reproduce', ...words)
    expect([code, errors]).toEqual([2, expect.stringContaining(message)])
  })
})

describe('folders of data sets', () => {
  it('are found by their own and their usual names, if something is in them', async () => {
    const parent = join(folder, 'data')
    const make = async (name: string, filled = true) => {
      await mkdir(join(parent, name), { recursive: true })
      if (filled) await writeFile(join(parent, name, 'a.bin'), 'a')
    }
    await make('cifar-10-batches-bin')
    await make('n-mnist')
    await make('cifar100', false)
    await make('dvs-gesture-clips')
    const found = await dataFolders([parent, 'dvs-gesture=/elsewhere'])
    expect(Object.fromEntries(found)).toEqual({
      cifar10: join(parent, 'cifar-10-batches-bin'),
      'n-mnist': join(parent, 'n-mnist'),
      'dvs-gesture': '/elsewhere',
    })
    expect((await dataFolders([join(folder, 'nowhere')])).size).toBe(0)
  })
})

describe('runs', () => {
  const request = { scale: 'smoke', neurons: [], has: () => false } as const
  const place: Place = { out: 'o', data: new Map<string, string>(), threads: 1, cache: undefined }
  const planned = (names: string[], changes: Partial<Place> = {}) =>
    plannedJobs(
      names.map((name) => ({ experiment: experimentNamed(name), request })),
      { ...place, ...changes },
    )

  it('are shared by experiments that need the same', async () => {
    const [both, one] = [await planned(['fig10', 'fig11']), await planned(['fig10'])]
    expect(both.jobs.map(({ key }) => key)).toEqual(one.jobs.map(({ key }) => key))
    expect(both.experiments[0].keys).toEqual(both.experiments[1].keys)
  })

  it('are the same on other threads and in other folders, and others with other options', async () => {
    const keys = async (changes: Partial<Place>) => (await planned(['fig3a'], changes)).jobs.map(({ key }) => key)
    expect(await keys({ threads: 2, cache: 'c' })).toEqual(await keys({}))
    expect(new Set(await keys({})).size).toBe(5)
  })

  it('have the analysis that one of the experiments needs', async () => {
    const { jobs } = await planned(['fig10', 'table8'])
    expect(jobs.map(({ job }) => job.analysis)).toEqual(['as-lif', 'as-lif'])
  })

  it('are estimated from a probe of each kind', async () => {
    const { jobs } = await planned(['fig2a'])
    const kinds = [...new Set(jobs.map(({ kind }) => kind))]
    expect([jobs.length, kinds.length]).toEqual([9, 3])
    const probe = {
      startSeconds: 1,
      updateSeconds: 0.5,
      updatesPerEpoch: 10,
      evaluationSeconds: 2,
      bytes: 5e8,
      notes: [],
    }
    const known = new Map(kinds.map((kind) => [kind, probe]))
    const estimate = estimateOf(jobs, known, [], 2)
    expect([estimate.seconds, estimate.bytes]).toEqual([(9 * (1 + 4 * (10 * 0.5 + 2))) / 2, 1e9])
    const counts = { runs: 9, done: 0, processes: 2, threads: 1, memory: 1e10, missing: false }
    expect(estimateText(estimate, counts)).toBe(
      '9 runs; about 0.036 hours (2 min 11 s) in 2 processes of 1 thread, 1.00 GB of memory',
    )
    expect(estimateText(estimate, { ...counts, memory: 5e8 })).toContain('more than this machine has')
    expect(estimateText(estimate, { ...counts, runs: 0 })).toBe('no training runs are needed')
    expect(estimateText(estimate, { ...counts, runs: 0, missing: true })).toContain('the data named above is missing')
  })
})
