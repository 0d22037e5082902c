import { barChart, coloursOf } from '../../report/index.ts'
import { energyTable7 } from '../energy-tables.ts'
import type { Experiment } from '../experiment.ts'
import { energyConclusion, sameDigits } from './energy-table.ts'

/** Energy with memory. */
export const table7: Experiment = {
  name: 'table7',
  source: 'Table 7',
  title: 'How much energy does an inference take, memory included?',
  question:
    'Reading and writing potentials, weights and spikes costs more than computing with them. How much energy does one ' +
    'inference take in all, from the published firing rates and as the published script counts?',
  finding: 'LIF takes least, CLIF about twice as much, a network without spikes most.',
  takesNeurons: false,
  computed: true,
  plan: () => ({ rows: [], replaced: [] }),
  conclude() {
    const rows = energyTable7()
    const data = [...new Set(rows.map(({ dataset }) => dataset))]
    const names = ['relu', 'lif', 'clif'] as const
    const colours = coloursOf(names)
    const groups = names.map((neuron) => ({
      label: neuron,
      colour: colours.get(neuron) ?? 0,
      values: data.map((name) => rows.find((row) => row.dataset === name && row.neuron === neuron)?.numbers.total.ours),
    }))
    const svg = barChart({
      title: 'Energy of one inference, in mJ',
      description: groups
        .map(
          ({ label, values }) =>
            `${label}: ${data.map((name, i) => `${name} ${values[i]?.toFixed(1) ?? '-'}`).join(', ')}`,
        )
        .join('; '),
      x: 'mJ',
      rows: data,
      groups,
      format: (value) => String(Number(value.toPrecision(3))),
    })
    const all = rows.flatMap(({ numbers }) => Object.values(numbers))
    const same = all.every((number) => number.same)
    return energyConclusion(rows, {
      pictures: [{ name: 'energy', svg, caption: 'Energy of one inference in mJ, memory included.' }],
      verdict: {
        agrees: same ? 'yes' : 'undecided',
        text:
          `${sameDigits(all)} numbers have all printed digits. The published script has slips (see the documentation of ` +
          `energy); corrected, the numbers are others: npx spikelet energy.`,
      },
    })
  },
}
