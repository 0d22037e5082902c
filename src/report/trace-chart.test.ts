import { expect, test } from 'vitest'
import { traceChart } from './trace-chart.ts'

test('a neuron that never fires has an axis to 1, not to a number near 0', () => {
  const traces = [{ name: 'u', values: [0, 0, 0], kind: 'line', colour: 0 }] as const
  const svg = traceChart({ title: 'T', description: 'D', traces })
  expect(svg).toContain('u: 0 to 1')
  expect(svg).not.toMatch(/[0-9]e-/)
})
