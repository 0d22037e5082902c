import { expect, it } from 'vitest'
import { surrogateCurves } from './surrogate-curves.ts'

it('gives the derivative of each surrogate at each place', () => {
  const { v, curves } = surrogateCurves(['rectangle', { name: 'triangle', alpha: 2 }], { reach: 1, points: 5 })
  expect([...v]).toEqual([-1, -0.5, 0, 0.5, 1])
  expect(curves.map(({ name, alpha }) => [name, alpha])).toEqual([
    ['rectangle', 1],
    ['triangle', 2],
  ])
  expect([...curves[0].values]).toEqual([0, 1, 1, 1, 0])
  expect([...curves[1].values].map((value) => value + 0)).toEqual([0, 0, 2, 0, 0])
  expect(surrogateCurves().curves).toHaveLength(14)
  expect(() => surrogateCurves(['atn'])).toThrow(/did you mean 'atan'/)
})
