import { z } from 'zod'
import { percentText, UsageError } from '../../base/index.ts'
import { type Measure, measureIn, measureText } from '../../losses/index.ts'
import { findRuns, type KnownRun, nameWithin, readRun } from '../../runs/index.ts'
import { defineCommand } from '../command.ts'
import { durationText } from '../progress.ts'
import { exitCodes } from '../surroundings.ts'
import { fittingTable } from '../table.ts'

/** What can be shown, sorted and filtered by. */
const columns = [
  'run',
  'data',
  'network',
  'neuron',
  'T',
  'seed',
  'epochs',
  'accuracy',
  'best epoch',
  'firing rate',
  'time',
] as const

type Column = (typeof columns)[number]

/** Where the terminal is narrow, these are left out first. */
const leastNeeded: readonly Column[] = ['best epoch', 'time', 'seed', 'firing rate', 'network', 'epochs', 'data']

/** One line of the table. Shares are in 0..1; what is not known is null. */
type Row = { readonly [name in Column]: string | number | null } & {
  /** What the accuracy is. */
  readonly measure: Measure
}

/** Lists runs, wherever they came from. */
export const runsCommand = defineCommand({
  name: 'runs',
  usage: '[folder]',
  summary: 'Lists the runs in a folder, those of programs and unfinished ones too',
  schema: z.object({
    sort: z.enum(columns).default('run').describe('column to sort by; accuracy and firing rate: the largest first'),
    filter: z
      .array(z.string().regex(/^[^=]+=.*$/, 'COLUMN=VALUE, such as neuron=clif'))
      .default([])
      .describe('COLUMN=VALUE, such as neuron=clif,T=4; * is any text'),
    json: z.boolean().default(false).describe('prints the table as JSON'),
  }),
  notes: [
    'Accuracy: of test images, after the epoch that the run chose; of a regression, R2. A run that is not finished has none',
    'yet.',
  ],
  examples: ['runs', 'runs runs --sort accuracy --filter neuron=clif,T=4', 'runs --json'],
  async run({ positional, options, surroundings }) {
    const folder = positional[0] ?? 'runs'
    const filters = options.filter.map(filterOf)
    const warn = (line: string) => surroundings.writeError(`${line}\n`)
    const found = await Promise.all((await findRuns(folder)).map((run) => readRunOrWarn(run, warn)))
    const rows = found
      .filter((run) => run !== undefined)
      .map((run) => rowOf(folder, run))
      .filter((row) => filters.every((fits) => fits(row)))
      .sort((a, b) => compared(a, b, options.sort))
    if (options.json) surroundings.write(`${JSON.stringify(rows)}\n`)
    else surroundings.write(textOf(rows, folder, surroundings.terminal.columns()))
    return exitCodes.done
  },
})

/** A folder that is damaged hides no other. */
async function readRunOrWarn(folder: string, warn: (line: string) => void): Promise<KnownRun | undefined> {
  try {
    return await readRun(folder, warn)
  } catch (error) {
    warn(`left out: ${(error as Error).message}`)
    return undefined
  }
}

function rowOf(folder: string, run: KnownRun): Row {
  const { final, firingRates } = run.summary
  const rates = firingRates.map(({ rate }) => rate)
  return {
    run: nameWithin(folder, run.folder),
    data: run.dataset,
    network: run.model,
    neuron: run.neuron,
    T: run.T,
    seed: run.seed,
    epochs: run.epochs === run.ofEpochs ? run.epochs : `${run.epochs} of ${run.ofEpochs}`,
    accuracy: run.finished ? final.testAccuracy : null,
    measure: measureIn(run.summary.config),
    'best epoch': run.finished ? final.bestEpoch : null,
    'firing rate': rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
    time: run.seconds,
  }
}

function filterOf(text: string): (row: Row) => boolean {
  const at = text.indexOf('=')
  const [name, wanted] = [text.slice(0, at), text.slice(at + 1)]
  if (!(columns as readonly string[]).includes(name)) {
    throw new UsageError({ what: `there is no column '${name}' to filter by`, expected: columns.join(', '), got: name })
  }
  const parts = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  const pattern = new RegExp(`^${parts.join('.*')}$`)
  return (row) => pattern.test(String(row[name as Column] ?? ''))
}

/** Numbers by size, the best first where more is better; unknown ones last; texts by letters. */
function compared(a: Row, b: Row, column: Column): number {
  const [one, other] = [a[column], b[column]]
  if (one === null || other === null) return Number(one === null) - Number(other === null)
  if (typeof one === 'number' && typeof other === 'number') {
    return column === 'accuracy' || column === 'firing rate' ? other - one : one - other
  }
  return String(one) < String(other) ? -1 : String(one) > String(other) ? 1 : 0
}

/** Of a run whose measure is another than accuracy, with its name. */
function accuracyText(measure: Measure, value: number): string {
  const text = measureText(measure, value)
  return measure === 'R2' ? `R2 ${text}` : measure === 'accuracy' ? text : `${text} of labels`
}

function textOf(rows: readonly Row[], folder: string, width: number): string {
  if (rows.length === 0) return `no runs in ${folder}\n`
  const cells = rows.map((row) =>
    columns.map((name) => {
      const value = row[name]
      if (value === null) return name === 'accuracy' ? 'not finished' : '-'
      if (name === 'accuracy') return accuracyText(row.measure, value as number)
      if (name === 'firing rate') return percentText(value as number, 1)
      return name === 'time' ? durationText(value as number) : String(value)
    }),
  )
  return `${fittingTable(columns, cells, { width, leastNeeded })}\n`
}
