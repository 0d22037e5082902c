import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { writeWhole } from '../../../base/index.ts'
import type { Conclusion, Replacement, ResultTable, RowResult, Scale } from '../../../experiments/index.ts'
import { experimentHtml, type PageTable, standaloneSvg } from '../../../report/index.ts'

import { csvText } from '../../../train/index.ts'
import { tableText } from '../../table.ts'
import type { PlannedExperiment } from './planned-jobs.ts'
import type { UsedData } from './used-data.ts'

export interface WrittenResult {
  readonly name: string
  readonly scale: Scale
  readonly folder: string
  readonly conclusion: Conclusion
  readonly planned: PlannedExperiment
  /** What the plan replaces, and what was lacking of the data. */
  readonly replaced: readonly Replacement[]
  readonly failures: readonly string[]
}

/** What a scale's results are worth. */
const evidence: { readonly [scale in Scale]: string } = {
  smoke: 'Smoke scale: this shows that the experiment runs, and is no evidence about the paper.',
  evening: 'Evening scale: a small network, the main questions, one or two seeds. It can point somewhere, not prove.',
  small:
    'Small scale: smaller networks, less data and fewer epochs than in the paper. It can point somewhere, not prove.',
  full: 'Full scale: the protocol of the paper, except for what is listed as replaced.',
}

/** Draws the conclusion of an experiment, and leaves table, pictures and report in its folder. */
export async function writeResult(
  planned: PlannedExperiment,
  rows: readonly RowResult[],
  { folder, command, data }: { folder: string; command: string; data: readonly UsedData[] },
): Promise<WrittenResult> {
  const { experiment, request, plan } = planned
  const { scale } = request
  const conclusion = await experiment.conclude(rows, request)
  const { table, verdict } = conclusion
  const note = standInNote(rows)
  const pictures = conclusion.pictures.map((one) => ({ ...one, caption: one.caption + note }))
  const replaced = [...plan.replaced, ...data.flatMap(({ replaced: one }) => one ?? [])]
  await mkdir(folder, { recursive: true })
  for (const { name, svg } of pictures) await writeWhole(join(folder, `${name}.svg`), `${standaloneSvg(svg)}\n`)
  await writeWhole(join(folder, 'table.csv'), csvText(csvRows(table)))
  const computed = experiment.computed ?? false
  await writeWhole(
    join(folder, 'report.html'),
    experimentHtml({
      title: experiment.title,
      source: `${experiment.source} of Huang et al., CLIF, ICML 2024`,
      question: experiment.question,
      finding: experiment.finding,
      verdict,
      evidence: computed ? 'Computed, not trained: it is the same at every scale.' : evidence[scale],
      warns: !computed && scale === 'smoke',
      pictures,
      table: pageTable(table),
      tableNote: computed ? '' : accuracyRule,
      run: runLines(rows, data),
      replaced,
      command,
    }),
  )
  const failures = rows.flatMap((row) => row.failures)
  const result = { name: experiment.name, scale, folder, conclusion, planned, replaced, failures }
  await writeWhole(join(folder, 'result.json'), `${JSON.stringify(resultJson(result), undefined, 2)}\n`)
  return result
}

/** What captions say where rows ran on other data than they are named for. */
function standInNote(rows: readonly RowResult[]): string {
  const told = rows.flatMap(({ standIn }) => (standIn ? [`${standIn.dataset} stands in for ${standIn.of}`] : []))
  return told.length === 0 ? '' : ` Here ${[...new Set(told)].join(', ')}.`
}

const accuracyRule =
  'Accuracy is that of the last epoch. "Best test epoch" is the best of all epochs by the test images themselves: it ' +
  'flatters, and is what papers print.'

function runLines(rows: readonly RowResult[], data: readonly UsedData[]): string[] {
  const runs = rows.reduce((sum, { outcomes }) => sum + outcomes.length, 0)
  const failed = rows.reduce((sum, { failures }) => sum + failures.length, 0)
  const absent = rows.filter(({ missing }) => missing !== undefined).length
  return [
    ...(rows.length === 0 ? [] : [`${runs} training runs for ${rows.length} rows.`]),
    ...(failed > 0 ? [`${failed} runs failed; their rows say how.`] : []),
    ...(absent > 0 ? [`${absent} rows were not run; they say why.`] : []),
    ...data.map(({ line }) => line),
  ]
}

/** What programs get. */
export function resultJson({ name, scale, folder, conclusion, planned, replaced, failures }: WrittenResult) {
  const { experiment } = planned
  return {
    experiment: name,
    source: experiment.source,
    scale: experiment.computed ? null : scale,
    evidence: experiment.computed ? 'computed' : evidence[scale],
    rows: csvRows(conclusion.table),
    verdict: conclusion.verdict,
    replaced,
    failures,
    report: join(folder, 'report.html'),
  }
}

function csvRows({ columns, rows }: ResultTable) {
  return rows.map((row) => Object.fromEntries(columns.map(({ name }) => [name, row[name]])))
}

function cells({ columns, rows }: ResultTable, none: string): string[][] {
  return rows.map((row) =>
    columns.map(({ name, digits }) => {
      const value = row[name]
      if (value === undefined || value === '') return digits === undefined ? '' : none
      return typeof value === 'number' && digits !== undefined ? fixed(value, digits) : String(value)
    }),
  )
}

/** Twelve digits first: what lies half way in decimals may lie below in binary. */
function fixed(value: number, digits: number): string {
  return (Math.round(Number((value * 10 ** digits).toPrecision(12))) / 10 ** digits).toFixed(digits)
}

function pageTable(table: ResultTable): PageTable {
  const numbers = table.columns.flatMap(({ digits }, i) => (digits === undefined ? [] : [i]))
  return { head: table.columns.map(({ name }) => name), rows: cells(table, ''), numbers }
}

const words = {
  yes: 'points where the paper points',
  no: 'does not point where the paper points',
  undecided: 'undecided',
} as const

/** The result for people at a terminal. */
export function resultText({ conclusion, folder, planned, replaced, scale }: WrittenResult): string {
  const { experiment } = planned
  const { table, verdict } = conclusion
  const head = table.columns.map(({ name }) => name)
  const told = replaced.map(({ what, paper, here }) => `  ${what}: ${here} (paper: ${paper})`)
  return [
    `${experiment.name}: ${experiment.title} (${experiment.source})`,
    ...(experiment.computed ? [] : [evidence[scale]]),
    '',
    tableText(head, cells(table, '-')),
    '',
    `${words[verdict.agrees]}: ${verdict.text}`,
    ...(told.length > 0 ? ['replaced:', ...told] : []),
    `report  ${join(folder, 'report.html')}`,
    '',
  ].join('\n')
}
