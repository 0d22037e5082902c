import { coloursOf, type Series } from '../report/index.ts'
import type { Column, ResultTable, RowResult, TableRow, Verdict } from './experiment.ts'

export interface Spread {
  readonly mean: number
  /** Sample standard deviation; undefined for a single value. */
  readonly deviation: number | undefined
  readonly low: number
  readonly high: number
  /** What chance alone may change: of seeds, or of the images that judged; 0 where it is not known. */
  readonly noise: number
}

/** Of some values; undefined for none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const deviation = values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : undefined
  return {
    mean,
    deviation,
    noise: deviation ?? 0,
    low: Math.min(...values),
    high: Math.max(...values),
  }
}

/** Accuracies of a row's runs after their last epoch, in percent. Another draw of as many test images would differ too. */
export function accuracyOf({ outcomes }: RowResult): Spread | undefined {
  const spread = spreadOf(outcomes.map(({ accuracy }) => 100 * accuracy))
  if (!spread) return undefined
  const share = spread.mean / 100
  const drawn = 100 * Math.sqrt((share * (1 - share)) / outcomes[0].images)
  return { ...spread, noise: Math.max(spread.noise, drawn) }
}

/** Why a row has less than it should, or something else. */
export function remarkOf({ missing, standIn, failures }: RowResult): string {
  const other = standIn ? [`on ${standIn.dataset} instead`] : []
  return [...(missing ? [missing] : []), ...other, ...failures.map((message) => `failed: ${message}`)].join('; ')
}

/** The column of remarks, where a row has one. */
export function remarkColumn(rows: readonly RowResult[]): Column[] {
  return rows.some((row) => remarkOf(row) !== '') ? [{ name: 'remark' }] : []
}

/** Labels, accuracies and the paper's, a line per row. */
export function accuracyTable(rows: readonly RowResult[]): ResultTable {
  const labels = [...new Set(rows.flatMap((row) => Object.keys(row.labels)))]
  const several = rows.some(({ outcomes }) => outcomes.length > 1)
  const printed = rows.some(({ published }) => published !== undefined)
  const columns: Column[] = [
    ...labels.map((name) => ({ name })),
    { name: 'accuracy, %', digits: 2 },
    ...(several ? [{ name: '±', digits: 2 }] : []),
    { name: 'runs', digits: 0 },
    { name: 'best test epoch, %', digits: 2 },
    ...(printed ? [{ name: 'paper, %', digits: 2 }] : []),
    ...remarkColumn(rows),
  ]
  return { columns, rows: rows.map(accuracyLine) }
}

function accuracyLine(row: RowResult): TableRow {
  const accuracy = accuracyOf(row)
  return {
    ...row.labels,
    'accuracy, %': accuracy?.mean,
    '±': accuracy?.deviation,
    runs: row.outcomes.length,
    'best test epoch, %': spreadOf(row.outcomes.map(({ bestAccuracy }) => 100 * bestAccuracy))?.mean,
    'paper, %': row.published,
    remark: remarkOf(row),
  }
}

/** A curve per value of one label over another, with the range of seeds as a band. */
export function curvesOver(rows: readonly RowResult[], series: string, x: string): Series[] {
  const names = [...new Set(rows.map(({ labels }) => String(labels[series])))]
  const colours = coloursOf(names)
  return names.flatMap((label) => {
    const own = rows.filter(({ labels }) => String(labels[series]) === label)
    const points = own.flatMap((row) => {
      const accuracy = accuracyOf(row)
      return accuracy ? [[Number(row.labels[x]), accuracy] as const] : []
    })
    if (points.length === 0) return []
    return [
      {
        label,
        colour: colours.get(label) ?? 0,
        points: points.map(([at, { mean }]) => [at, mean] as const),
        ...(own.some(({ outcomes }) => outcomes.length > 1)
          ? { band: points.map(([at, { low, high }]) => [at, low, high] as const) }
          : {}),
      },
    ]
  })
}

/** What can be said of an experiment that has nothing to compare. */
export function undecided(text: string): Verdict {
  return { agrees: 'undecided', text }
}

/** One thing that the paper found higher than another, and both as found here. */
export interface Comparison {
  readonly name: string
  readonly higher: Spread | undefined
  readonly lower: Spread | undefined
}

/**
 * Whether the same is higher in all comparisons, by more than chance: the spread of seeds, and of test images. Where
 * neither is known, any difference counts, and the text says so.
 * @param told what a reader is told: `CLIF is above LIF`
 */
export function verdictOf(comparisons: readonly Comparison[], told: string, digits = 1): Verdict {
  const both = comparisons.flatMap(({ name, higher, lower }) => (higher && lower ? [{ name, higher, lower }] : []))
  if (both.length === 0) return undecided('Nothing to compare: the runs that would be needed are not there.')
  const sure = both.filter(({ higher, lower }) => exceeds(higher, lower))
  const against = both.filter(({ higher, lower }) => exceeds(lower, higher))
  const details = both.map(
    ({ name, higher, lower }) => `${name}: ${higher.mean.toFixed(digits)} against ${lower.mean.toFixed(digits)}`,
  )
  const agrees = sure.length === both.length ? 'yes' : against.length > sure.length ? 'no' : 'undecided'
  const known = both.every(({ higher, lower }) => higher.noise > 0 && lower.noise > 0)
  const counted = `in ${sure.length} of ${both.length} cases (${details.join('; ')}).`
  const text = known ? `${told} by more than chance ${counted}` : `${told} ${counted} ${chanceUnknown}`
  return { agrees, text }
}

const chanceUnknown = 'One run each: what chance alone would do is not known.'

/** Whether one is above the other by more than chance. */
export function exceeds(a: Spread, b: Spread): boolean {
  return a.mean - b.mean > Math.hypot(a.noise, b.noise)
}
