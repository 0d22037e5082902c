import { beforeAll, expect, it } from 'vitest'
import { load } from './load.ts'

interface Rates {
  firingRate: number
  windowRate: number
  layers: { path: string; firingRate: number; windowRate: number }[]
}

let ratesOf: (layers: { path: string; size: number; spikes: number; open: number }[]) => Rates
let meanRates: (passes: Rates[]) => Rates

beforeAll(async () => {
  const module = await load('firing.mjs')
  ratesOf = module.ratesOf as typeof ratesOf
  meanRates = module.meanRates as typeof meanRates
})

it('weighs layers by their neuron-steps', () => {
  const rates = ratesOf([
    { path: 'a', size: 300, spikes: 30, open: 60 },
    { path: 'b', size: 100, spikes: 50, open: 100 },
  ])
  expect(rates).toEqual({
    firingRate: 0.2,
    windowRate: 0.4,
    layers: [
      { path: 'a', firingRate: 0.1, windowRate: 0.2 },
      { path: 'b', firingRate: 0.5, windowRate: 1 },
    ],
  })
})

it('averages passes', () => {
  const pass = (spikes: number) => ratesOf([{ path: 'a', size: 8, spikes, open: 4 }])
  expect(meanRates([pass(2), pass(4)])).toEqual({
    firingRate: 0.375,
    windowRate: 0.5,
    layers: [{ path: 'a', firingRate: 0.375, windowRate: 0.5 }],
  })
})
