import type { EnergyTableRow, PrintedNumber } from '../energy-tables.ts'
import type { Column, Conclusion, ResultPicture, TableRow, Verdict } from '../experiment.ts'

/** Ours and the printed numbers of an energy table side by side. */
export function energyConclusion(
  rows: readonly EnergyTableRow<string>[],
  { pictures, verdict }: { pictures: readonly ResultPicture[]; verdict: Verdict },
): Conclusion {
  const names = Object.keys(rows[0].numbers)
  const unitOf = (name: string) => rows[0].numbers[name].unit
  const columns: Column[] = [
    { name: 'data' },
    { name: 'network' },
    { name: 'neuron' },
    { name: 'T', digits: 0 },
    ...names.flatMap((name) => [
      { name: `${name}, ${unitOf(name)}`, digits: 4 },
      { name: `paper: ${name}`, digits: 4 },
    ]),
  ]
  return {
    table: {
      columns,
      rows: rows.map(
        ({ dataset, network, neuron, T, numbers }): TableRow => ({
          data: dataset,
          network,
          neuron,
          T,
          ...Object.fromEntries(
            names.flatMap((name) => [
              [`${name}, ${unitOf(name)}`, numbers[name].ours],
              [`paper: ${name}`, Number(numbers[name].printed)],
            ]),
          ),
        }),
      ),
    },
    pictures,
    verdict,
  }
}

/** The largest deviation of some numbers, in percent. */
export function largestDeviation(numbers: readonly PrintedNumber[]): number {
  return Math.max(0, ...numbers.map(({ deviation }) => 100 * Math.abs(deviation)))
}

/** `12 of 13` numbers that have all the printed digits. */
export function sameDigits(numbers: readonly PrintedNumber[]): string {
  return `${numbers.filter(({ same }) => same).length} of ${numbers.length}`
}
