import { describe, expect, test } from 'vitest'
import { energyTable6, energyTable7 } from './energy-tables.ts'

describe('Table 6: operations of a step', () => {
  const rows = energyTable6()

  test('multiply-adds have the printed digits in every row', () => {
    expect(rows.map(({ numbers }) => [numbers.MACs.text, Number(numbers.MACs.text)])).toEqual(
      rows.map(({ numbers }) => [numbers.MACs.printed, Number(numbers.MACs.printed)]),
    )
    expect(rows.every(({ numbers }) => numbers.MACs.same)).toBe(true)
  })

  test('additions are within 1.5 % on CIFAR, elsewhere the deviation is known', () => {
    const deviations = Object.fromEntries(
      rows.map(({ dataset, neuron, numbers }) => [`${dataset} ${neuron}`, 100 * numbers.ACs.deviation]),
    )
    for (const [name, deviation] of Object.entries(deviations))
      if (name.startsWith('cifar')) expect(Math.abs(deviation), name).toBeLessThan(1.5)
    expect(
      Object.fromEntries(Object.entries(deviations).map(([name, value]) => [name, Number(value.toFixed(2))])),
    ).toMatchInlineSnapshot(`
        {
          "cifar10 clif": -1.26,
          "cifar10 lif": -1.12,
          "cifar10 relu": 0,
          "cifar100 clif": -1.09,
          "cifar100 lif": -1.09,
          "cifar100 relu": 0,
          "dvs-cifar10 clif": -3.91,
          "dvs-cifar10 lif": -3.04,
          "dvs-gesture clif": -20.11,
          "dvs-gesture lif": -18.53,
          "tiny-imagenet clif": -0.69,
          "tiny-imagenet lif": -0.54,
          "tiny-imagenet relu": 0,
        }
      `)
  })

  test('energies follow from both', () => {
    for (const { numbers } of rows)
      expect(numbers.energy.ours).toBeCloseTo(0.9 * numbers.ACs.ours + 4.6 * numbers.MACs.ours, 9)
  })
})

test('Table 7: every part of every row has the printed digits', () => {
  const rows = energyTable7()
  expect(rows.length).toBe(13)
  for (const { dataset, neuron, numbers } of rows)
    for (const [part, { text, printed, same }] of Object.entries(numbers))
      expect([dataset, neuron, part, text, same]).toEqual([
        dataset,
        neuron,
        part,
        Number(printed) === 0 ? '0' : printed,
        true,
      ])
})
