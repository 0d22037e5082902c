import { expect, test } from 'vitest'
import { clif, lif, psn } from '../neurons/index.ts'
import { gradientPaths } from './gradient-paths.ts'

const arrows = (neuron: ReturnType<typeof lif>) => gradientPaths(neuron).between.map(({ from, to }) => `${from}>${to}`)

test('LIF has one way back in time, CLIF a second one through m, and ways between them', () => {
  expect(arrows(lif())).toEqual(['u>u'])
  expect(arrows(clif())).toEqual(['u>u', 'u>m', 'm>u', 'm>m'])
  expect(gradientPaths(clif())).toMatchObject({ fromOutput: ['u'], toInput: ['u', 'm'], direct: true })
})

test('without a reset CLIF’s m leads nowhere; PSN has no state at all', () => {
  expect(arrows(clif({ reset: 'none' }))).toEqual(['u>u', 'm>u', 'm>m'])
  expect(gradientPaths(psn())).toMatchObject({ states: [], between: [], fromOutput: [], toInput: [], direct: true })
})
