import { barChart } from '../../report/index.ts'
import { energyTable6 } from '../energy-tables.ts'
import type { Experiment } from '../experiment.ts'
import { energyConclusion, largestDeviation, sameDigits } from './energy-table.ts'

/** Energy of operations. */
export const table6: Experiment = {
  name: 'table6',
  source: 'Table 6',
  title: 'How much energy do the operations of one time step take?',
  question:
    'A spike makes an addition (0.9 pJ) of what would be a multiplication and an addition (4.6 pJ) in a network without ' +
    'spikes. From the published firing rates: how many of each are needed, and how much energy is that?',
  finding:
    'Spiking networks take about a thirtieth of the energy on CIFAR-10, and CLIF about as much as LIF. The numbers are for ' +
    'one time step, though the paper gives a formula that sums over all.',
  takesNeurons: false,
  computed: true,
  plan: () => ({ rows: [], replaced: [] }),
  conclude() {
    const rows = energyTable6()
    const numbers = (column: 'ACs' | 'MACs' | 'energy') => rows.map((row) => row.numbers[column])
    const cifar = rows.filter(({ dataset }) => dataset.startsWith('cifar')).map((row) => row.numbers.ACs)
    const [near, far] = [largestDeviation(cifar), largestDeviation(numbers('ACs'))]
    const data = [...new Set(rows.map(({ dataset }) => dataset))]
    const groups = (['lif', 'clif'] as const).map((neuron, colour) => ({
      label: neuron,
      colour,
      values: data.map((name) => rows.find((row) => row.dataset === name && row.neuron === neuron)?.numbers.ACs.ours),
    }))
    const svg = barChart({
      title: 'Additions of one time step, in millions',
      description: groups
        .map(({ label, values }) => `${label}: ${data.map((name, i) => `${name} ${values[i]?.toFixed(1)}`).join(', ')}`)
        .join('; '),
      x: 'million additions',
      rows: data,
      groups,
      format: (value) => String(Number(value.toPrecision(3))),
    })
    return energyConclusion(rows, {
      pictures: [{ name: 'additions', svg, caption: 'Additions that spikes cause in one time step, in millions.' }],
      verdict: {
        agrees: near < 1.5 ? 'yes' : 'no',
        text:
          `${sameDigits(numbers('MACs'))} MACs have all printed digits. Additions differ by at most ${near.toFixed(1)} % on ` +
          `CIFAR, and by up to ${far.toFixed(1)} % elsewhere: the printed ones do not follow from the published rates.`,
      },
    })
  },
}
