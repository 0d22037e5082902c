import { useEffect, useMemo, useState } from 'preact/hooks'
import { type EpochSummary, type RunSummary, runSections } from 'spikelet/report'
import { Scroll } from '../parts/scroll.tsx'
import { ask } from '../server.ts'
import { type Difference, differences, grouped, type ListedRun } from './listing.ts'
import { ReportSections } from './sections.tsx'
import { summaryOf } from './summaries.ts'

/** Runs whose curves are drawn at once. */
const mostRuns = 60
/** Groups of which the larger pictures are shown: of the first run of each. */
const mostPictures = 4

interface ComparedProps {
  readonly runs: readonly ListedRun[]
  /** Those of which the pictures of a sweep are made: they need no curves, so there may be many. */
  readonly swept: readonly ListedRun[]
}

/** Several runs beside each other: curves with their seeds as a band, what a sweep found, and in what they differ. */
export function Compared({ runs, swept }: ComparedProps) {
  const drawn = runs.slice(0, mostRuns)
  const curves = useCurves(drawn)
  const varied = useMemo(() => differences(runs), [runs])
  const sections = useMemo(() => {
    const learnt = runs.flatMap((run) => (curves[run.id] ? [summaryOf(run, curves[run.id], varied)] : []))
    const among = differences(swept)
    const ends = swept.map((run) => summaryOf(run, [], among)).filter(hasVerdict)
    return [...runSections(ends, ['sweep']), ...runSections(learnt, ['curves'])]
  }, [runs, swept, curves, varied])
  if (runs.length === 0) return <p class="card quiet">Choose runs in the table: their curves are drawn here.</p>
  return (
    <>
      <ReportSections sections={sections} />
      {runs.length > drawn.length && (
        <p class="quiet small">
          The curves are those of the first {drawn.length} of {runs.length} runs; choose fewer in the table to see
          others.
        </p>
      )}
      <Differences runs={runs} />
      <Together runs={runs} varied={varied} />
    </>
  )
}

function hasVerdict({ final }: RunSummary): boolean {
  return Number.isFinite(final.testAccuracy)
}

/** Epochs of runs by id; asked for again once a run has more of them. */
function useCurves(runs: readonly ListedRun[]): { readonly [id: string]: readonly EpochSummary[] } {
  const [known, setKnown] = useState<{ readonly [id: string]: readonly EpochSummary[] }>({})
  const wanted = runs.filter(({ id, epochs = 0 }) => (known[id]?.length ?? 0) < epochs).map(({ id }) => id)
  const question = wanted.join('\n')
  useEffect(() => {
    if (question === '') return
    let asked = true
    ask<{ readonly [id: string]: readonly EpochSummary[] }>('curves', { ids: question.split('\n') }).then(
      (found) => asked && setKnown((before) => ({ ...before, ...found })),
      () => {
        // A run that went in the meantime: the next list says so.
      },
    )
    return () => {
      asked = false
    }
  }, [question])
  return known
}

function Differences({ runs }: { readonly runs: readonly ListedRun[] }) {
  const groups = grouped(runs, 'setting')
  const firsts = groups.map((group) => group.runs[0])
  const found = differences(firsts).filter(({ name }) => name !== 'seed')
  if (found.length === 0) {
    return (
      <section class="card">
        <h2>In what they differ</h2>
        <p class="quiet">These runs have the same settings; their seeds are others.</p>
      </section>
    )
  }
  return (
    <section class="card stack">
      <h2>In what they differ</h2>
      <Scroll label="Differences of settings">
        <table>
          <thead>
            <tr>
              <th scope="col">setting</th>
              {groups.map(({ key, label }) => (
                <th scope="col" key={key}>
                  {label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {found.map(({ name, values }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {values.map((value, i) => (
                  <td key={groups[i].key}>{value === '' ? <span class="quiet">as by default</span> : value}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  )
}

/** What only whole records tell, of the first finished run of each group. */
function Together({ runs, varied }: { readonly runs: readonly ListedRun[]; readonly varied: readonly Difference[] }) {
  const [found, setFound] = useState<readonly RunSummary[]>([])
  const firsts = grouped(runs, 'setting')
    .flatMap((group) => group.runs.find((run) => run.finished) ?? [])
    .slice(0, mostPictures)
  const question = firsts.map(({ id }) => id).join('\n')
  useEffect(() => {
    let asked = true
    const ids = question === '' ? [] : question.split('\n')
    Promise.all(ids.map((id) => ask<{ readonly summary: RunSummary }>(`run?id=${encodeURIComponent(id)}`))).then(
      (answers) => asked && setFound(answers.map(({ summary }) => summary)),
      () => asked && setFound([]),
    )
    return () => {
      asked = false
    }
  }, [question])
  const sections = useMemo(() => {
    const names = ['rates', 'energy', 'gradients', 'confusion', 'confused'] as const
    const placed = found.map((summary) => {
      const listed = runs.find(({ id }) => id === summary.name)
      return listed ? { ...summary, point: summaryOf(listed, [], varied).point } : summary
    })
    return runSections(placed, names).map((section) => ({ ...section, folded: section.name !== 'rates' }))
  }, [found, runs, varied])
  if (found.length === 0) return null
  return <ReportSections sections={sections} />
}
