import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { neurons } from '../neurons/index.ts'
import { neuronTable } from './neuron-table.ts'

const table = neuronTable(neurons)

test('the table in the documentation is the one that the definitions give', async () => {
  const page = await readFile(new URL('../../docs/neurons.md', import.meta.url), 'utf8')
  expect(page, 'npm run neuron-table writes it anew').toContain(table)
})

test('has a line for every neuron, and says what the equations say', () => {
  const cells = (name: string) =>
    table
      .split('\n')
      .find((line) => line.startsWith(`| \`${name}\``))
      ?.split('|')
      .map((cell) => cell.trim())
  for (const name of Object.keys(neurons)) expect(cells(name), name).toHaveLength(9)
  expect(cells('lif')?.slice(2, 7)).toEqual([
    '`u - threshold >= 0`',
    'soft; or hard, none, detached',
    'whole; or decayed',
    '`u`',
    'nothing',
  ])
  expect(cells('glif')?.slice(2, 4)).toEqual(['`u - sigmoid(h) >= 0`', 'fixed, one step later'])
  expect(cells('tc-lif')?.[3]).toBe('fixed: `v = v - dendriteReset * s`, `u = u - threshold * s`')
  expect(cells('psn')?.slice(2)).toEqual([
    '`x + b >= 0`',
    'none',
    'a learned sum over all steps',
    'none',
    '`b` (step, -1)',
    'atan, alpha 2',
    '',
  ])
  expect(cells('relu')?.slice(2, 4)).toEqual(['never: its output is a number', 'none'])
})
