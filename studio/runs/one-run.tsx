import { useEffect, useMemo, useState } from 'preact/hooks'
import { type RunSummary, runSections } from 'spikelet/report'
import { NumberField } from '../parts/choice.tsx'
import { ask } from '../server.ts'
import { type ListedRun, stateOf, textOf } from './listing.ts'
import { ReportSections } from './sections.tsx'

interface OneRunProps {
  readonly run: ListedRun
  readonly onDone: () => void
}

/** One run: what it is, what can be done with it, and all its pictures. */
export function OneRun({ run, onDone }: OneRunProps) {
  const { summary, fault } = useSummary(run)
  const sections = useMemo(() => {
    if (!summary) return []
    const names = ['curves', 'network', 'rates', 'rasters', 'gradients', 'energy', 'confusion', 'confused'] as const
    return runSections([summary], names)
  }, [summary])
  return (
    <>
      <section class="card stack">
        <div class="row between">
          <h2 class="whole">{run.id || 'This run'}</h2>
          <Doings run={run} onDone={onDone} />
        </div>
        {run.fault && <p class="fault">{run.fault}</p>}
        {fault && <p class="fault">{fault}</p>}
        <dl class="facts">
          {Object.entries(run.options ?? {}).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{textOf(value)}</dd>
            </div>
          ))}
        </dl>
        {summary?.command && (
          <details>
            <summary>To repeat it</summary>
            <pre>
              <code>{summary.command}</code>
            </pre>
          </details>
        )}
      </section>
      <ReportSections sections={sections} />
    </>
  )
}

/** The whole record, read again once there is more of it. */
function useSummary(run: ListedRun) {
  const [found, setFound] = useState<{ readonly summary?: RunSummary; readonly fault?: string }>({})
  const damaged = run.fault !== undefined
  useEffect(() => {
    if (damaged) return
    let asked = true
    ask<{ readonly summary: RunSummary }>(`run?id=${encodeURIComponent(run.id)}`).then(
      ({ summary }) => asked && setFound({ summary }),
      (error: Error) => asked && setFound({ fault: error.message }),
    )
    return () => {
      asked = false
    }
  }, [run.id, run.epochs, run.finished, damaged])
  return found
}

function Doings({ run, onDone }: OneRunProps) {
  const [epochs, setEpochs] = useState<number | null>(null)
  const [said, setSaid] = useState('')
  const state = stateOf(run)
  const { ofEpochs = 1 } = run
  const wanted = epochs ?? (state === 'finished' ? ofEpochs + 5 : ofEpochs)
  const act = (path: string, body: object, words: string) => {
    setSaid('')
    ask(path, body).then(
      () => {
        setSaid(words)
        onDone()
      },
      (error: Error) => setSaid(error.message),
    )
  }
  return (
    <div class="row doings">
      <span class="quiet small" role="status">
        {said}
      </span>
      {state !== 'damaged' && (run.epochs ?? 0) > 0 && (
        <a class="button" href={`#/microscope?run=${encodeURIComponent(run.id)}`}>
          Look into it
        </a>
      )}
      {state === 'training' && run.stoppable && (
        <button type="button" onClick={() => act('stop', { id: run.id }, 'It saves, and stops.')}>
          Stop
        </button>
      )}
      {(state === 'stopped' || state === 'finished') && (
        <>
          <NumberField label="Up to epoch" value={wanted} min={1} onChange={setEpochs} />
          <button
            type="button"
            disabled={wanted < ofEpochs || (state === 'finished' && wanted === ofEpochs)}
            onClick={() =>
              act('resume', { id: run.id, ...(wanted === ofEpochs ? {} : { epochs: wanted }) }, 'It goes on.')
            }
          >
            Resume
          </button>
        </>
      )}
    </div>
  )
}
