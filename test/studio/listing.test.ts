import { describe, expect, it } from 'vitest'
import { countOf, type Field, sweepOptions, variable } from '../../studio/runs/asked-options.ts'
import { differences, filtered, grouped, type ListedRun, statistics } from '../../studio/runs/listing.ts'
import { summaryOf } from '../../studio/runs/summaries.ts'

function run(id: string, changes: Partial<ListedRun> = {}): ListedRun {
  const facts = { dataset: 'fashion-mnist', model: 'snn5', neuron: 'clif', T: 4, seed: 1, finished: true, options: {} }
  return { id, training: false, stoppable: false, ...facts, ...changes }
}

const runs = [
  run('a', { accuracy: 0.9 }),
  run('b', { accuracy: 0.8, seed: 2, options: { seed: 2 } }),
  run('c', { T: 8, options: { T: 8, lr: 0.05 } }),
  run('sweep/d', { neuron: 'lif', training: true, finished: false, options: { neuronOptions: { tau: 1.5 }, bptt: 2 } }),
]

const idsOf = (found: readonly ListedRun[]) => found.map(({ id }) => id)

describe('a filter', () => {
  it.each([
    ['', ['a', 'b', 'c', 'sweep/d']],
    ['neuron=clif T=4', ['a', 'b']],
    ['neuron=c*', ['a', 'b', 'c']],
    ['lr=0.05', ['c']],
    ['state=training', ['sweep/d']],
    ['SWEEP', ['sweep/d']],
    ['neuron=cl', []],
    ['neuron=cl.f', []],
  ])('%j finds %j', (filter, ids) => {
    expect(idsOf(filtered(runs, filter))).toEqual(ids)
  })
})

describe('groups', () => {
  it('by setting hold runs that differ in their seed alone, and say in what they differ from others', () => {
    const groups = grouped(runs, 'setting')
    expect(groups.map((group) => idsOf(group.runs))).toEqual([['a', 'b'], ['c'], ['sweep/d']])
    expect(groups.map(({ label }) => label)).toEqual([
      'clif, T 4',
      'clif, T 8, lr 0.05',
      'lif, T 4, neuronOptions {"tau":1.5}, bptt 2',
    ])
  })

  it('by folder hold what lies in it', () => {
    expect(grouped(runs, 'folder').map(({ label }) => label)).toEqual(['.', 'sweep'])
  })
})

it('differences leave out what all have alike', () => {
  expect(differences(runs.slice(0, 2))).toEqual([{ name: 'seed', values: ['1', '2'] }])
  expect(differences(runs).map(({ name }) => name)).toEqual(['neuron', 'T', 'lr', 'neuronOptions', 'bptt', 'seed'])
})

it('what is a number becomes an axis of pictures, in the names that a sweep gives', () => {
  const { point } = summaryOf(runs[3], [], differences(runs))
  expect(point).toEqual({ neuron: 'lif', axes: { T: 4, tau: 1.5, k: 2 } })
})

it('statistics leave out what is not known', () => {
  expect(statistics([0.9, null, 0.8, undefined, Number.NaN]).mean).toBeCloseTo(0.85, 12)
  expect(statistics([0.9, 0.8]).deviation).toBeCloseTo(Math.SQRT1_2 / 10, 12)
  expect(statistics([null])).toMatchObject({ count: 0, mean: Number.NaN })
})

describe('the options of a sweep', () => {
  const field = (name: string, kind: Field['kind'], group = 'How it learns'): Field => {
    return { name, kind, group, description: '' }
  }
  const fields = [
    ...[field('neuron', 'text'), field('T', 'number'), field('lr', 'number'), field('syncBatchnorm', 'flag')],
    ...[field('augment', 'list'), field('seed', 'number'), field('name', 'text', 'Where it is kept')],
  ]

  it('vary what is one word and decides something', () => {
    expect(variable(fields).map(({ name }) => name)).toEqual(['neuron', 'T', 'lr', 'syncBatchnorm', 'tau'])
  })

  it('hold what is fixed, and values where a sweep has them', () => {
    const varying = [
      { name: 'lr', text: '0.1, 0.2' },
      { name: 'neuron', text: 'lif,clif,' },
      { name: 'syncBatchnorm', text: 'true,false' },
      { name: 'tau', text: '2' },
    ]
    expect(sweepOptions({ T: 4, lr: 9, batch: 32, name: 'mine' }, varying, { seeds: 3, fields })).toEqual({
      ...{ batch: 32, name: 'mine', T: [4], neurons: ['lif', 'clif'], tau: [2], seeds: 3 },
      vary: { lr: [0.1, 0.2], syncBatchnorm: [true, false] },
    })
    expect(countOf(varying, 3)).toBe(24)
    expect(sweepOptions({}, [], { seeds: 2, fields })).toEqual({ neurons: ['clif'], seeds: 2 })
  })

  it('need values', () => {
    expect(() => sweepOptions({}, [{ name: 'lr', text: ' ,' }], { seeds: 1, fields })).toThrow('lr needs values')
    expect(() => sweepOptions({}, [{ name: 'lr', text: 'fast' }], { seeds: 1, fields })).toThrow('lr is no number')
  })
})
