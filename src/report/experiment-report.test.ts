import { describe, expect, it } from 'vitest'
import { type ExperimentReport, experimentHtml } from './experiment-report.ts'
import { lineChart } from './line-chart.ts'

const svg = lineChart({
  title: 'Accuracy',
  description: 'a: 1 at the end',
  x: 'T',
  y: '%',
  series: [{ label: 'a', colour: 0, points: [[1, 1], [2, 2]] }], // biome-ignore format: points
})

const report: ExperimentReport = {
  title: 'Is a < b?',
  source: 'Fig. 1',
  question: 'Which is larger, "a" & b?',
  finding: 'b is.',
  verdict: { agrees: 'no', text: 'a is larger here.' },
  evidence: 'Smoke scale: no evidence about the paper.',
  warns: true,
  pictures: [{ svg, caption: 'Accuracy over T.' }],
  table: { head: ['neuron', 'accuracy, %'], rows: [['<b>', '12.50']], numbers: [1] },
  tableNote: 'Accuracy is that of the last epoch.',
  run: ['2 training runs for 1 row.'],
  replaced: [{ what: 'epochs', paper: '200', here: '3' }],
  command: 'npx spikelet reproduce fig1 --neuron ./a&b.json',
}

describe('the page of an experiment', () => {
  const page = experimentHtml(report)

  it('says first what it is worth, then question, finding and answer', () => {
    const order = [
      'no evidence about the paper',
      'Which is larger',
      'b is.',
      'Does not point where',
      'a is larger here',
    ]
    const places = order.map((text) => page.indexOf(text))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places[0]).toBeGreaterThan(0)
  })

  it('has texts in place of pictures, what was replaced, and the command', () => {
    expect(page).toContain('aria-label="Accuracy. a: 1 at the end"')
    expect(page).toContain('<td data-of="what">epochs</td><td data-of="in the paper">200</td><td data-of="here">3</td>')
    expect(page).toContain('--neuron ./a&amp;b.json')
    expect(page).toContain('<td class="number" data-of="accuracy, %">12.50</td>')
  })

  it('lets no text become markup, and needs nothing beside itself', () => {
    expect(page).toContain('<td data-of="neuron">&lt;b&gt;</td>')
    expect(page).toContain('<h1>Is a &lt; b?</h1>')
    expect(page).not.toMatch(/<script|<link|src=|https?:\/\/(?!www\.w3\.org)/)
  })

  it('leaves out what there is none of', () => {
    const bare = experimentHtml({ ...report, warns: false, pictures: [], replaced: [] })
    expect(bare).not.toContain('Pictures')
    expect(bare).not.toContain('What was replaced')
    expect(bare).toContain('<li>Smoke scale: no evidence about the paper.</li>')
  })
})
