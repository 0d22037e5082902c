import { beforeAll, expect, it } from 'vitest'
import { load } from './load.ts'

interface Spread {
  median: number
  least: number
  most: number
}
interface Ratios {
  train: Spread
  infer: Spread
  memory: Spread | null
  faults: string[]
}

let ratiosOf: (rounds: unknown[]) => Ratios
let ratiosText: (name: string, ratios: Ratios) => string

beforeAll(async () => {
  const module = await load('ratios.mjs')
  ratiosOf = module.ratiosOf as typeof ratiosOf
  ratiosText = module.ratiosText as typeof ratiosText
})

const line = (train: number, infer: number, of: object = {}) => ({
  train_images_per_s: train,
  infer_images_per_s: infer,
  train_peak_mb: 100,
  train_firing_rate: 0.16,
  infer_firing_rate: 0.13,
  ...of,
})
const peer = (train: number, infer: number) => line(train, infer, { train_peak_mb: 450, infer_firing_rate: 0.02 })

it('compares each round on its own, and gives the middle and the spread', () => {
  const ratios = ratiosOf([
    { ours: line(10, 40), peer: peer(5, 10), busy: 0.02 },
    { ours: line(12, 30), peer: peer(4, 10), busy: 0 },
    { ours: line(4, 50), peer: peer(4, 10), busy: 0 },
  ])
  expect(ratios.train).toEqual({ median: 2, least: 1, most: 3 })
  expect(ratios.infer).toEqual({ median: 4, least: 3, most: 5 })
  expect(ratios.memory).toEqual({ median: 4.5, least: 4.5, most: 4.5 })
  expect(ratios.faults).toEqual([])
})

it('takes the mean of the middle two of an even number of rounds', () => {
  const rounds = [1, 2, 4, 16].map((speed) => ({ ours: line(speed, speed), peer: peer(1, 2), busy: 0 }))
  expect(ratiosOf(rounds).train.median).toBe(3)
  expect(ratiosOf(rounds).infer).toEqual({ median: 1.5, least: 0.5, most: 8 })
})

it.each([{ train_firing_rate: 0.119 }, { infer_firing_rate: 0.119 }, { infer_firing_rate: Number.NaN }])(
  'does not count where one of our rounds has %o',
  (silent) => {
    const ratios = ratiosOf([
      { ours: line(10, 40), peer: peer(5, 10), busy: 0.02 },
      { ours: line(10, 40, silent), peer: peer(5, 10), busy: 0.02 },
    ])
    expect(ratios.faults).toEqual(['too few spikes'])
    expect(ratiosText('stepwise', ratios)).toMatch(/; does not count: too few spikes$/)
  },
)

it('says nothing of memory where one side could not tell', () => {
  const ratios = ratiosOf([{ ours: line(10, 40), peer: { ...peer(5, 10), train_peak_mb: null }, busy: 0 }])
  expect(ratios.memory).toBe(null)
  expect(ratiosText('stepwise', ratios)).toBe(
    'against stepwise  training 2.00x (2.00 to 2.00), inference 4.00x (4.00 to 4.00)',
  )
})

it('does not count where other programs were running', () => {
  const ratios = ratiosOf([{ ours: line(10, 40), peer: peer(5, 10), busy: 0.11 }])
  expect(ratios.faults).toEqual(['other programs were running'])
})
