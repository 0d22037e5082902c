import { beforeAll, expect, it } from 'vitest'
import { load } from './load.ts'

interface Times {
  idle: number
  all: number
}

let shareBetween: (before: Times[], after: Times[]) => number
let busyWarning: (busy: number) => string | null

beforeAll(async () => {
  const module = await load('busy.mjs')
  shareBetween = module.shareBetween as typeof shareBetween
  busyWarning = module.busyWarning as typeof busyWarning
})

it('is the share of the time between that no processor was idle', () => {
  const before = [
    { idle: 100, all: 1000 },
    { idle: 50, all: 1000 },
  ]
  const after = [
    { idle: 200, all: 1100 },
    { idle: 100, all: 1100 },
  ]
  expect(shareBetween(before, after)).toBe(0.25)
  expect(shareBetween(after, after)).toBe(0)
})

it('warns above a tenth', () => {
  expect(busyWarning(0.1)).toBe(null)
  expect(busyWarning(0.25)).toContain('25 %')
})
