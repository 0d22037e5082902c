import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Choice } from '../parts/choice.tsx'
import { ask, onChange } from '../server.ts'
import { Compared } from './compared.tsx'
import { filtered, type Grouping, grouped, groupings, type ListedRun } from './listing.ts'
import { OneRun } from './one-run.tsx'
import './runs.css'
import { StartForm } from './start-form.tsx'
import { type Started, StartedList } from './started.tsx'
import { RunTable } from './table.tsx'

interface Listed {
  readonly folder: string
  readonly runs: readonly ListedRun[]
  readonly started: readonly Started[]
  /** Names of sweeps that are not done. */
  readonly sweeps: readonly string[]
}

/** Groups that are drawn at first: of more, nobody can tell the curves apart. */
const firstGroups = 6

/** Milliseconds between two questions for the list, however often something changes. */
const pause = 400

/** All runs of a folder, live while they train: one table, and pictures of those that are chosen. */
export default function RunsPage() {
  const { listed, fault, look } = useListed()
  const [filter, setFilter] = useState('')
  const [by, setBy] = useState<Grouping>('setting')
  const [chosen, setChosen] = useState<ReadonlySet<string> | null>(null)
  const [starting, setStarting] = useState(false)
  const runs = useMemo(() => filtered(listed?.runs ?? [], filter), [listed, filter])
  const groups = useMemo(() => grouped(runs, by), [runs, by])
  const shown = useMemo(() => {
    const first = () => new Set(groups.slice(0, firstGroups).flatMap((group) => group.runs.map(({ id }) => id)))
    const ids = chosen ?? first()
    return runs.filter(({ id }) => ids.has(id))
  }, [chosen, groups, runs])
  if (!listed) return <p class={fault ? 'fault' : 'waiting'}>{fault ?? 'The runs are read…'}</p>
  const ids = new Set(shown.map(({ id }) => id))
  return (
    <div class="stack">
      <div class="row between">
        <div>
          <h1>Runs</h1>
          <p class="quiet" aria-live="polite">
            {countText(listed.runs)} in <code>{listed.folder}</code>
          </p>
        </div>
        <button type="button" class="first" aria-expanded={starting} onClick={() => setStarting(!starting)}>
          Start a training
        </button>
      </div>
      {fault && <p class="fault">{fault}</p>}
      {starting && <StartForm onStarted={look} onClose={() => setStarting(false)} />}
      <StartedList started={listed.started} sweeps={listed.sweeps} runs={listed.runs} onDone={look} />
      {listed.runs.length === 0 ? (
        <p class="card quiet">
          There are no runs here yet. Start one above, or on the command line:{' '}
          <code>npx spikelet train fashion-mnist</code>. It shows up while it trains.
        </p>
      ) : (
        <>
          <section class="card stack" aria-label="List of runs">
            <div class="row runs-tools">
              <label class="field grow">
                Filter
                <input
                  type="search"
                  value={filter}
                  placeholder="neuron=clif T=4 state=training, or a part of a name"
                  onInput={({ currentTarget }) => setFilter(currentTarget.value)}
                />
              </label>
              <Choice label="Together by" value={by} options={groupings} onChange={setBy} />
            </div>
            <RunTable groups={groups} single={by === 'none'} chosen={ids} onChoose={setChosen} />
          </section>
          {shown.length === 1 ? (
            <OneRun run={shown[0]} onDone={look} key={shown[0].id} />
          ) : (
            <Compared runs={shown} swept={chosen ? shown : runs} />
          )}
        </>
      )}
    </div>
  )
}

/** The list, asked for again whenever something changed. */
function useListed() {
  const [listed, setListed] = useState<Listed | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const look = useCallback(() => {
    ask<Listed>('runs').then(
      (found) => {
        setListed(found)
        setFault(null)
      },
      (error: Error) => setFault(error.message),
    )
  }, [])
  useEffect(() => {
    look()
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = onChange(() => {
      timer ??= setTimeout(() => {
        timer = undefined
        look()
      }, pause)
    })
    return () => {
      clearTimeout(timer)
      end()
    }
  }, [look])
  return { listed, fault, look }
}

function countText(runs: readonly ListedRun[]): string {
  const training = runs.filter((run) => run.training).length
  const all = runs.length === 1 ? 'One run' : `${runs.length} runs`
  return training === 0 ? all : `${all}, ${training} of them training now,`
}
