import { describe, expect, it } from 'vitest'
import { defineNeuron } from '../equations/index.ts'
import { neurons } from '../neurons/index.ts'
import { type Experiment, experimentNamed, experiments, type PlanRequest, type Scale, scales } from './index.ts'
import { remarkOf } from './results.ts'

const everything = () => true
const mine = defineNeuron({ name: 'mine', equations: 'u = 0.5 * u + x\ns = spike(u - 1)\nu = u - s' })()

function planOf(experiment: Experiment, request: Partial<PlanRequest> = {}) {
  return experiment.plan({ scale: 'full', neurons: [], has: everything, ...request })
}

const trained = experiments.filter(({ computed }) => !computed)

describe('at the scale of the paper', () => {
  it('runs its protocol', () => {
    const [first] = planOf(experimentNamed('fig3b')).rows
    expect(first.runs).toEqual([
      {
        dataset: 'cifar10',
        settings: {
          model: 'resnet18',
          neuron: 'lif',
          T: 1,
          epochs: 200,
          batch: 128,
          lr: 0.1,
          weightDecay: 5e-5,
          dropout: 0,
          augment: ['crop', 'flip', 'cutout'],
          loss: 'tet',
          seed: 2022,
        },
      },
    ])
  })

  it.each([
    ['fig2a', 30, 30],
    ['fig2b', 12, 48],
    ['fig4', 12, 12],
    ['table3', 60, 60],
    ['fig10', 10, 10],
    ['table2', 8, 8],
    ['table8', 4, 4],
  ])('%s has %i rows and %i runs', (name, rows, runs) => {
    const plan = planOf(experimentNamed(name))
    expect(plan.rows).toHaveLength(rows)
    expect(plan.rows.flatMap((row) => row.runs)).toHaveLength(runs)
  })

  it('puts the printed numbers beside', () => {
    const rows = planOf(experimentNamed('table3')).rows
    const at = (data: string, k: number, tau: number) =>
      rows.find(({ labels }) => labels.data === data && labels.k === k && labels.tau === tau)?.published
    expect([at('CIFAR-10', 1, 2), at('CIFAR-10', 6, 1.5), at('DVS-Gesture', 16, 1.5)]).toEqual([80.71, 94.94, 97.92])
  })

  it('lets nothing stand in for a data set, and says where to get it', () => {
    for (const experiment of trained) {
      const { rows } = planOf(experiment, { has: () => false })
      expect(rows.flatMap(({ runs }) => runs)).toEqual([])
      for (const { missing } of rows) expect(missing).toMatch(/npx spikelet data get [\w-]+$|^not run: /)
    }
  })
})

describe.each(['small', 'evening', 'smoke'] as Scale[])('at the scale %s', (scale) => {
  it('tells of everything in which a run differs from the paper', () => {
    const words: { readonly [setting: string]: RegExp } = {
      model: /^network/,
      T: /^time steps/,
      limit: /^images/,
      epochs: /^epochs/,
      batch: /^batch/,
      lr: /^learning rate/,
      dropout: /^dropout/,
      augment: /^augmentation/,
    }
    for (const experiment of trained) {
      const [whole, here] = [planOf(experiment), planOf(experiment, { scale })]
      for (const row of here.rows) {
        const twin = whole.rows.find(({ labels }) => JSON.stringify(labels) === JSON.stringify(row.labels))
        if (!twin?.runs[0] || !row.runs[0]) continue
        const [paper, now] = [twin.runs[0].settings, row.runs[0].settings] as unknown as Record<string, unknown>[]
        for (const [setting, word] of Object.entries(words)) {
          if (JSON.stringify(paper[setting]) === JSON.stringify(now[setting])) continue
          const told = here.replaced.filter(({ what }) => word.test(what))
          expect(told.map(({ here: text }) => text).join(), `${experiment.name}, ${setting}`).toContain(
            String(Array.isArray(now[setting]) ? ((now[setting] as string[])[0] ?? 'none') : now[setting]),
          )
        }
      }
    }
  })

  it('says which data set stands in for which', () => {
    const has = (dataset: string) => dataset === 'n-mnist'
    const { rows, replaced } = planOf(experimentNamed('fig10'), { scale, has })
    expect(replaced).toContainEqual({ what: 'data set', paper: 'CIFAR-10', here: 'fashion-mnist' })
    expect(replaced).toContainEqual({ what: 'data set', paper: 'DVS-Gesture', here: 'n-mnist' })
    expect(rows.find(({ labels }) => labels.data === 'CIFAR-100')?.missing).toBe(
      'cifar100 is not there: npx spikelet data get cifar100',
    )
    const events = rows.find(({ labels }) => labels.data === 'DVS-Gesture')!
    expect(events.standIn).toEqual({ of: 'DVS-Gesture', dataset: 'n-mnist' })
    expect(remarkOf({ ...events, outcomes: [], failures: ['why'] })).toBe('on n-mnist instead; failed: why')
    const all = planOf(experimentNamed('fig10'), { scale, has: () => true })
    expect(all.rows.some(({ standIn }) => standIn !== undefined)).toBe(false)
  })
})

describe('in an evening', () => {
  const runsOf = (name: string) => planOf(experimentNamed(name), { scale: 'evening' }).rows.flatMap(({ runs }) => runs)

  it('LIF and CLIF learn all of CIFAR-10 with two seeds, and Table 8 takes the same networks', () => {
    const settings = runsOf('table1').map((run) => run.settings)
    expect(settings.map(({ neuron, seed }) => `${neuron} ${seed}`)).toEqual([
      'lif 2022',
      'lif 2023',
      'clif 2022',
      'clif 2023',
    ])
    for (const one of settings) {
      expect(one).toMatchObject({ model: 'snn5', T: 4, epochs: 12, augment: ['crop', 'flip', 'cutout'] })
      expect(one.limit).toBe(undefined)
    }
    const analysed = runsOf('table8')
    expect(analysed.map((run) => JSON.stringify(run.settings)).sort()).toEqual(
      settings.map((one) => JSON.stringify(one)).sort(),
    )
    expect(analysed.every(({ analysis }) => analysis === 'as-lif')).toBe(true)
  })

  it('Fig. 2a has nine runs, and Fig. 4 every neuron that has spikes and steps', () => {
    expect(runsOf('fig2a')).toHaveLength(9)
    expect(runsOf('fig2a').every(({ settings }) => settings.limit === 10_000 && settings.epochs === 10)).toBe(true)
    const names = runsOf('fig4').map(({ settings }) => settings.neuron)
    const others = ['psn', 'masked-psn', 'sliding-psn', 'leakyReadout']
    expect(names.sort()).toEqual(
      Object.keys(neurons)
        .filter((name) => !others.includes(name))
        .sort(),
    )
    for (const { settings } of runsOf('fig4')) expect(settings).toMatchObject({ limit: 20_000, epochs: 10 })
  })
})

describe('at smoke scale', () => {
  it('takes the ends and the middle of each axis, small networks and few images', () => {
    const { rows, replaced } = planOf(experimentNamed('fig2a'), { scale: 'smoke' })
    expect(rows.map(({ labels }) => [labels.tau, labels.k])).toEqual(
      [1.1, 1.5, 2].flatMap((tau) => [1, 3, 6].map((k) => [tau, k])),
    )
    expect(replaced).toContainEqual({ what: 'k', paper: '1, 2, 3, 4, 5, 6', here: '1, 3, 6' })
    for (const experiment of trained) {
      for (const { settings } of planOf(experiment, { scale: 'smoke' }).rows.flatMap(({ runs }) => runs)) {
        expect(settings.limit).toBeLessThanOrEqual(2000)
        expect(['snn3', 'snn5', 'transformer-small']).toContain(settings.model)
      }
    }
  })

  it('exchanges neurons at the same share of a shorter run', () => {
    const { rows } = planOf(experimentNamed('fig3a'), { scale: 'smoke' })
    expect(rows.flatMap(({ runs }) => runs[0].settings.exchange ?? [])).toEqual(['2:clif', '3:clif', '4:clif'])
  })
})

describe('neurons of one’s own', () => {
  it.each(trained.filter(({ takesNeurons }) => takesNeurons).map(({ name }) => name))('are added to %s', (name) => {
    const neurons = [{ choice: './mine.json', neuron: mine }]
    const { rows } = planOf(experimentNamed(name), { scale: 'smoke', neurons })
    const own = rows.filter(({ labels }) => labels.neuron === 'mine')
    expect(own.length).toBeGreaterThan(0)
    for (const { runs } of own) for (const { settings } of runs) expect(settings.neuron).toBe('./mine.json')
  })

  it('are recorded and correlated beside LIF and CLIF', async () => {
    const request = { scale: scales[0], neurons: [{ choice: './mine.json', neuron: mine }], has: everything }
    for (const [name, column] of [
      ['fig7', 'neuron'],
      ['fig8', 'potential'],
    ]) {
      const { table } = await experimentNamed(name).conclude([], request)
      expect(table.rows.map((row) => row[column]).join()).toMatch(/lif.*clif.*mine/)
    }
  })
})

describe('the paper’s findings', () => {
  it('about single neurons and energy are found again', async () => {
    const request = { scale: scales[0], neurons: [], has: everything }
    for (const name of ['fig7', 'fig8', 'table6', 'table7']) {
      const { verdict } = await experimentNamed(name).conclude([], request)
      expect(verdict, name).toMatchObject({ agrees: 'yes' })
    }
  })
})

it('answers an unknown name with the nearest', () => {
  expect(() => experimentNamed('fig2c')).toThrow(/unknown experiment 'fig2c'/)
  expect(() => experimentNamed('tabel8')).toThrow(/Did you mean 'table8'/)
})
