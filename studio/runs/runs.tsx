import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Card } from '../parts/choice.tsx'
import { type Curve, Plot } from '../parts/plot.tsx'
import { ask, onChange } from '../server.ts'
import {
  band,
  type Column,
  columns,
  differences,
  filtered,
  type Grouping,
  groupOf,
  type RunCurves,
  type RunRow,
  type RunsAnswer,
  sorted,
} from './model.ts'
import { StartForm } from './start-form.tsx'

const titles: { readonly [column in Column]: string } = {
  id: 'run',
  data: 'data',
  network: 'network',
  neuron: 'neuron',
  T: 'T',
  seed: 'seed',
  epochs: 'epochs',
  accuracy: 'test accuracy',
  firingRate: 'firing rate',
  seconds: 'time',
  state: 'state',
}

const groupings: readonly Grouping[] = ['none', 'setting', 'neuron', 'data']

/** All runs of the folder, live while they train. */
export default function RunsPage() {
  const { answer, fault, look } = useRuns()
  const [filter, setFilter] = useState('')
  const [by, setBy] = useState<readonly [Column, boolean]>(['id', true])
  const [grouping, setGrouping] = useState<Grouping>('none')
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const rows = useMemo(() => sorted(filtered(answer?.rows ?? [], filter), ...by), [answer, filter, by])
  const ids = rows.filter(({ id }) => chosen.has(id)).map(({ id }) => id)
  const toggle = (one: string) => {
    const next = new Set(chosen)
    if (!next.delete(one)) next.add(one)
    setChosen(next)
  }
  if (fault) return <pre class="fault">{fault}</pre>
  if (!answer) return <p class="waiting">Runs are read…</p>
  return (
    <div class="stack">
      <section class="card stack" aria-label="Runs">
        <div class="row between">
          <h1>Runs</h1>
          <code class="quiet small">{answer.folder}</code>
        </div>
        <div class="row">
          <label class="field" style={{ flex: '1 1 14rem' }}>
            filter
            <input
              value={filter}
              placeholder="clif T=4"
              onInput={({ currentTarget }) => setFilter(currentTarget.value)}
            />
          </label>
          <label class="field">
            together by
            <select value={grouping} onChange={({ currentTarget }) => setGrouping(currentTarget.value as Grouping)}>
              {groupings.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          <button
            type="button"
            onClick={() => setChosen(new Set(ids.length > 0 ? [] : rows.slice(0, 20).map(({ id }) => id)))}
          >
            {ids.length > 0 ? 'Choose none' : 'Choose these'}
          </button>
        </div>
        {answer.rows.length === 0 ? (
          <p class="quiet">No runs yet. Start one below, or with the command line: npx spikelet train fashion-mnist</p>
        ) : (
          <Table
            rows={rows}
            by={by}
            onSort={(column) => setBy([column, by[0] === column ? !by[1] : column !== 'accuracy'])}
            grouping={grouping}
            chosen={chosen}
            onToggle={toggle}
            onDone={look}
          />
        )}
        {answer.told
          .filter(({ code }) => code !== null && code !== 0 && code !== 130)
          .map(({ id, text }) => (
            <pre class="fault" key={id}>{`${id}: ${text}`}</pre>
          ))}
      </section>
      {ids.length > 0 && (
        <Chosen
          ids={ids}
          stamp={rows
            .filter(({ id }) => chosen.has(id))
            .map(({ changed }) => changed)
            .join()}
        />
      )}
      <StartForm onStart={(id) => setChosen(new Set([id]))} />
    </div>
  )
}

/** The table, read again whenever a run changed. */
function useRuns() {
  const [answer, setAnswer] = useState<RunsAnswer | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  const look = useRef(() => {})
  useEffect(() => {
    let waiting = false
    let again = false
    look.current = async () => {
      if (waiting) {
        again = true
        return
      }
      waiting = true
      try {
        setAnswer(await ask<RunsAnswer>('runs'))
        setFault(null)
      } catch (error) {
        setFault((error as Error).message)
      }
      waiting = false
      if (again) {
        again = false
        look.current()
      }
    }
    look.current()
    return onChange(() => look.current())
  }, [])
  return { answer, fault, look: () => look.current() }
}

interface TableProps {
  readonly rows: readonly RunRow[]
  readonly by: readonly [Column, boolean]
  readonly onSort: (column: Column) => void
  readonly grouping: Grouping
  readonly chosen: ReadonlySet<string>
  readonly onToggle: (id: string) => void
  readonly onDone: () => void
}

function Table({ rows, by, onSort, grouping, chosen, onToggle, onDone }: TableProps) {
  const groups = new Map<string, RunRow[]>()
  for (const row of rows) {
    const name = groupOf(row, grouping)
    groups.set(name, [...(groups.get(name) ?? []), row])
  }
  return (
    <div class="scroll" style={{ maxHeight: '32rem' }}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="skip">chosen</span>
            </th>
            {columns.map((column) => (
              <th scope="col" aria-sort={by[0] === column ? (by[1] ? 'ascending' : 'descending') : 'none'} key={column}>
                <button
                  type="button"
                  class="plain"
                  style={{ padding: 0, font: 'inherit' }}
                  onClick={() => onSort(column)}
                >
                  {titles[column]}
                  {by[0] === column ? (by[1] ? ' ↑' : ' ↓') : ''}
                </button>
              </th>
            ))}
            <th scope="col" />
          </tr>
        </thead>
        {[...groups].map(([name, own]) => (
          <tbody key={name}>
            {name !== '' && (
              <tr>
                <th scope="rowgroup" colSpan={columns.length + 2}>
                  {name}: {own.length} runs{meanText(own)}
                </th>
              </tr>
            )}
            {own.map((row) => (
              <Line
                row={row}
                isChosen={chosen.has(row.id)}
                onToggle={() => onToggle(row.id)}
                onDone={onDone}
                key={row.id}
              />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  )
}

function meanText(rows: readonly RunRow[]): string {
  const values = rows.flatMap(({ accuracy }) => accuracy ?? [])
  if (values.length < 2) return ''
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
  return `, ${(100 * mean).toFixed(2)} ± ${(100 * deviation).toFixed(2)} %`
}

function Line({
  row,
  isChosen,
  onToggle,
  onDone,
}: {
  readonly row: RunRow
  readonly isChosen: boolean
  readonly onToggle: () => void
  readonly onDone: () => void
}) {
  const [fault, setFault] = useState('')
  const act = (what: 'stop' | 'resume') =>
    ask(what, { id: row.id }).then(onDone, (error: Error) => setFault(error.message))
  const cells: { readonly [column in Column]: string } = {
    ...{ id: row.id, data: row.data, network: row.network, neuron: row.neuron },
    T: String(row.T),
    seed: String(row.seed),
    epochs: row.epochs === row.ofEpochs ? String(row.epochs) : `${row.epochs} of ${row.ofEpochs}`,
    accuracy: row.accuracy === null ? '–' : `${(100 * row.accuracy).toFixed(2)} %`,
    firingRate: row.firingRate === null ? '–' : `${(100 * row.firingRate).toFixed(1)} %`,
    seconds: timeText(row.seconds),
    state: row.state,
  }
  return (
    <tr>
      <td>
        <input type="checkbox" checked={isChosen} onChange={onToggle} aria-label={`choose ${row.id}`} />
      </td>
      {columns.map((column) => (
        <td key={column}>{cells[column]}</td>
      ))}
      <td>
        {row.state === 'runs' && (
          <button type="button" class="plain" onClick={() => act('stop')}>
            stop
          </button>
        )}
        {row.state === 'stopped' && (
          <button type="button" class="plain" onClick={() => act('resume')}>
            resume
          </button>
        )}
        {fault && <span class="fault">{fault}</span>}
      </td>
    </tr>
  )
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`
  return seconds < 5400 ? `${(seconds / 60).toFixed(0)} min` : `${(seconds / 3600).toFixed(1)} h`
}

/** Curves, differences and figures of the chosen runs. */
function Chosen({ ids, stamp }: { readonly ids: readonly string[]; readonly stamp: string }) {
  const [curves, setCurves] = useState<readonly RunCurves[]>([])
  const [html, setHtml] = useState('')
  const key = `${ids.join()} ${stamp}`
  useEffect(() => {
    let wanted = true
    ask<readonly RunCurves[]>('curves', { ids }).then((found) => wanted && setCurves(found))
    const timer = setTimeout(
      () => ask<{ html: string }>('report', { ids }).then((found) => wanted && setHtml(found.html)),
      300,
    )
    return () => {
      wanted = false
      clearTimeout(timer)
    }
  }, [key])
  const different = differences(curves)
  return (
    <>
      <div class="grid">
        <Card title="Loss by update">
          <Plot
            label="Training loss by update"
            x="update"
            y="loss"
            curves={curves.map((run, i) => ({ name: run.id, colour: `n${i % 3}`, points: run.updates }))}
          />
        </Card>
        <Card title="Accuracy by epoch">
          <Plot
            label="Accuracy by epoch: mean of seeds, and the span between them"
            x="epoch"
            y="accuracy"
            curves={accuracyCurves(curves)}
            percent
          />
        </Card>
      </div>
      {curves.length > 1 && different.length > 0 && (
        <Card title="In what they differ">
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">setting</th>
                  {curves.map(({ id }) => (
                    <th scope="col" key={id}>
                      {id}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {different.map(({ name, values }) => (
                  <tr key={name}>
                    <th scope="row">{name}</th>
                    {values.map((value, i) => (
                      <td key={curves[i].id}>{value}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      )}
      <Report html={html} />
    </>
  )
}

/** The report of the chosen runs, as `spikelet report` writes it: confusion, rates, gradient maps, energy, samples. */
function Report({ html }: { readonly html: string }) {
  const place = useRef<HTMLIFrameElement>(null)
  const fit = () => {
    const frame = place.current
    const height = frame?.contentDocument?.documentElement.scrollHeight
    if (frame && height) frame.style.height = `${height + 24}px`
  }
  if (html === '') return null
  // No script may run in it; it is of this origin so that its height can be read.
  return (
    <iframe
      ref={place}
      title="Report of the chosen runs"
      sandbox="allow-same-origin"
      srcDoc={html}
      onLoad={fit}
      style={{ width: '100%', border: '1px solid var(--line)', borderRadius: '12px', minHeight: '30rem' }}
    />
  )
}

/** One curve a run; several seeds of one neuron are a mean with the span between them. */
function accuracyCurves(runs: readonly RunCurves[]): Curve[] {
  const groups = new Map<string, RunCurves[]>()
  for (const run of runs) {
    const name = `${run.neuron}, T ${String(run.config.T)}`
    groups.set(name, [...(groups.get(name) ?? []), run])
  }
  return [...groups].flatMap(([name, own], i): Curve[] => {
    const colour = `n${i % 3}`
    const each = own.map(({ epochs }) =>
      epochs.flatMap(({ epoch, testAccuracy, validationAccuracy, trainAccuracy }): [number, number][] => [
        [epoch, testAccuracy ?? validationAccuracy ?? trainAccuracy],
      ]),
    )
    if (own.length === 1) return [{ name, colour, points: each[0], dots: each[0].length < 40 }]
    const { mean, low, high } = band(each)
    return [
      { name: `${name}, mean of ${own.length}`, colour, points: mean },
      { name: 'least', colour, points: low, edge: 'low' },
      { name: 'most', colour, points: high, edge: 'high' },
    ]
  })
}
