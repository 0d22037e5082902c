import { pageHtml, pictureHtml } from './page.ts'
import { type PageTable, tableHtml } from './page-table.ts'
import { escapeXml } from './svg.ts'

/** Everything that a reader needs who has neither the code nor the paper. */
export interface ExperimentReport {
  readonly title: string
  /** Where in which paper. */
  readonly source: string
  readonly question: string
  /** What the paper found. */
  readonly finding: string
  readonly verdict: { readonly agrees: 'yes' | 'no' | 'undecided'; readonly text: string }
  /** What the result is worth. */
  readonly evidence: string
  /** Whether the evidence is none: it is then said above all else. */
  readonly warns: boolean
  readonly pictures: readonly { readonly svg: string; readonly caption: string }[]
  readonly table: PageTable
  /** What a reader must know of the table. */
  readonly tableNote: string
  /** What was run, a line each. */
  readonly run: readonly string[]
  readonly replaced: readonly { readonly what: string; readonly paper: string; readonly here: string }[]
  readonly command: string
}

const style = `
.lead{font-size:1.08rem;max-width:44rem}
.verdict{background:var(--card);border:1px solid var(--line);border-left:5px solid var(--own);border-radius:12px;padding:.9rem 1.15rem;margin:1.6rem 0 0}
.verdict b{display:block}
.warning{background:var(--card);border:1px dashed var(--series-4);border-radius:12px;padding:.8rem 1.15rem;margin:1.4rem 0 0;max-width:none}
.wrap td{white-space:normal;min-width:6rem}
ul.plain{padding-left:1.2rem;margin:.3rem 0;max-width:44rem}
.pair:has(figure:only-child){grid-template-columns:minmax(0,46rem)}
.warning+.lead{margin-top:1.4rem}
.verdict{max-width:none}
`

const verdicts = {
  yes: { title: 'Points where the paper points.', colour: 2 },
  no: { title: 'Does not point where the paper points.', colour: 1 },
  undecided: { title: 'Undecided.', colour: 4 },
} as const

/**
 * An experiment as one HTML page: the question, the answer, pictures, table, what was run and what was replaced.
 * @throws nothing: texts are escaped, pictures are taken as they are
 */
export function experimentHtml(report: ExperimentReport): string {
  const { title, source, question, finding, evidence, warns, run, replaced, command } = report
  const body = [
    `<header><p class="quiet">${escapeXml(source)}</p>\n<h1>${escapeXml(title)}</h1></header>`,
    warns ? `<p class="warning" role="note"><b>${escapeXml(evidence)}</b></p>` : '',
    `<p class="lead">${escapeXml(question)}</p>`,
    `<p><b>What the paper found:</b> ${escapeXml(finding)}</p>`,
    verdictHtml(report),
    section('Pictures', pictures(report)),
    section('Numbers', `${tableHtml(report.table)}\n<p class="quiet">${escapeXml(report.tableNote)}</p>`),
    section('What was run', list([...(warns ? [] : [evidence]), ...run])),
    section('What was replaced', replacements(replaced)),
    section('To repeat it', `<pre tabindex="0"><code>${escapeXml(command)}</code></pre>`),
  ]
  return pageHtml({ title: `${title} (${source})`, style, body: body.filter(Boolean).join('\n') })
}

function section(title: string, contents: string): string {
  return contents === '' ? '' : `<section>\n<h2>${title}</h2>\n${contents}\n</section>`
}

function verdictHtml({ verdict }: ExperimentReport): string {
  const { title, colour } = verdicts[verdict.agrees]
  return `<p class="verdict" style="--own:var(--series-${colour})"><b>${title}</b>${escapeXml(verdict.text)}</p>`
}

function pictures({ pictures: all }: ExperimentReport): string {
  if (all.length === 0) return ''
  const figures = all.map(({ svg, caption }) => pictureHtml(svg, caption))
  return `<div class="pair">\n${figures.join('\n')}\n</div>`
}

function list(lines: readonly string[]): string {
  return lines.length === 0
    ? ''
    : `<ul class="plain">${lines.map((line) => `<li>${escapeXml(line)}</li>`).join('')}</ul>`
}

function replacements(replaced: ExperimentReport['replaced']): string {
  if (replaced.length === 0) return ''
  const rows = replaced.map(({ what, paper, here }) => [what, paper, here])
  return tableHtml({ head: ['what', 'in the paper', 'here'], rows, numbers: [] }, 'wrap')
}
