import { useState } from 'preact/hooks'
import { Scroll } from '../parts/scroll.tsx'
import { type ListedRun, type RunGroup, stateOf, statistics } from './listing.ts'

interface RunTableProps {
  readonly groups: readonly RunGroup[]
  /** Every group is one run. */
  readonly single: boolean
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (ids: ReadonlySet<string>) => void
}

const columns = ['neuron', 'network', 'T', 'seed', 'epochs', 'accuracy', 'firing', 'time', 'state'] as const

/** Columns by which lines can be sorted, and what they are sorted by. */
const sortable: { readonly [name: string]: (run: ListedRun) => number | string | null | undefined } = {
  neuron: (run) => run.neuron,
  T: (run) => run.T,
  epochs: (run) => run.epochs,
  accuracy: (run) => measured(run),
  firing: (run) => run.firingRate,
  time: (run) => run.seconds,
}

/** Groups of runs, each of which opens to its runs. A click on a name shows it alone; a box adds it. */
export function RunTable({ groups, single, chosen, onChoose }: RunTableProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set())
  const [sort, setSort] = useState<{ readonly column: string; readonly up: boolean } | null>(null)
  const toggle = (ids: readonly string[], on: boolean) => {
    const next = new Set(chosen)
    for (const id of ids) on ? next.add(id) : next.delete(id)
    onChoose(next)
  }
  const turn = (key: string) => {
    const next = new Set(open)
    if (!next.delete(key)) next.add(key)
    setOpen(next)
  }
  const lines = sort ? [...groups].sort((a, b) => order(a, b, sort.column) * (sort.up ? 1 : -1)) : groups
  return (
    <Scroll label="Table of runs" className="runs-scroll">
      <table class="runs">
        <thead>
          <tr>
            <th scope="col">run</th>
            {columns.map((name) => (
              <th
                scope="col"
                key={name}
                aria-sort={sort?.column === name ? (sort.up ? 'ascending' : 'descending') : 'none'}
              >
                {name in sortable ? (
                  <button
                    type="button"
                    class="plain head"
                    onClick={() => setSort({ column: name, up: sort?.column === name ? !sort.up : name === 'neuron' })}
                  >
                    {name}
                    {sort?.column === name ? (sort.up ? ' ↑' : ' ↓') : ''}
                  </button>
                ) : (
                  name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.flatMap((group) => {
            const alone = single || group.runs.length === 1
            const line = alone ? (
              <RunLine
                run={group.runs[0]}
                label={single ? group.runs[0].id : group.label}
                chosen={chosen}
                onToggle={toggle}
                onOnly={onChoose}
                key={group.key}
              />
            ) : (
              <GroupLine
                group={group}
                open={open.has(group.key)}
                chosen={chosen}
                onTurn={() => turn(group.key)}
                onToggle={toggle}
                onOnly={onChoose}
                key={group.key}
              />
            )
            if (alone || !open.has(group.key)) return [line]
            return [
              line,
              ...group.runs.map((run) => (
                <RunLine
                  run={run}
                  label={run.id}
                  inside
                  chosen={chosen}
                  onToggle={toggle}
                  onOnly={onChoose}
                  key={`${group.key}/${run.id}`}
                />
              )),
            ]
          })}
        </tbody>
      </table>
      {groups.length === 0 && <p class="quiet">No run fits this filter.</p>}
    </Scroll>
  )
}

function order(a: RunGroup, b: RunGroup, column: string): number {
  const value = ({ runs }: RunGroup) => {
    const all = runs.map(sortable[column])
    return typeof all[0] === 'string' ? all[0] : statistics(all as (number | null)[]).mean
  }
  const [one, other] = [value(a), value(b)]
  if (typeof one === 'number' && Number.isNaN(one)) return typeof other === 'number' && Number.isNaN(other) ? 0 : -1
  if (typeof other === 'number' && Number.isNaN(other)) return 1
  return one < other ? -1 : one > other ? 1 : 0
}

interface LineProps {
  readonly chosen: ReadonlySet<string>
  readonly onToggle: (ids: readonly string[], on: boolean) => void
  readonly onOnly: (ids: ReadonlySet<string>) => void
}

function GroupLine({
  group,
  open,
  chosen,
  onTurn,
  onToggle,
  onOnly,
}: LineProps & { readonly group: RunGroup; readonly open: boolean; readonly onTurn: () => void }) {
  const { runs, label } = group
  const ids = runs.map(({ id }) => id)
  const on = ids.filter((id) => chosen.has(id)).length
  const { mean, deviation, count } = statistics(runs.map(measured))
  const training = runs.filter((run) => run.training).length
  const common = (pick: (run: ListedRun) => unknown) => {
    const all = new Set(runs.map(pick))
    return all.size === 1 ? String([...all][0] ?? '') : ''
  }
  return (
    <tr class="group" aria-selected={on > 0}>
      <th scope="row">
        <span class="row name">
          <input
            type="checkbox"
            aria-label={`Show ${label}`}
            checked={on === ids.length}
            ref={(box: HTMLInputElement | null) => {
              if (box) box.indeterminate = on > 0 && on < ids.length
            }}
            onChange={({ currentTarget }) => onToggle(ids, currentTarget.checked)}
          />
          <button
            type="button"
            class="plain turn"
            aria-expanded={open}
            aria-label={`Runs of ${label}`}
            onClick={onTurn}
          >
            {open ? '▾' : '▸'}
          </button>
          <button type="button" class="plain link" onClick={() => onOnly(new Set(ids))}>
            {label}
          </button>
        </span>
      </th>
      <td>{common((run) => run.neuron)}</td>
      <td>{common((run) => run.model)}</td>
      <td>{common((run) => run.T)}</td>
      <td class="quiet">{runs.length} runs</td>
      <td>{common(epochsText)}</td>
      <td>
        {count === 0
          ? ''
          : `${measureText(runs[0], mean)}${count > 1 ? ` ± ${(runs[0].measure === 'R2' ? deviation : 100 * deviation).toFixed(2)}` : ''}`}
      </td>
      <td>{percent(statistics(runs.map(({ firingRate }) => firingRate)).mean)}</td>
      <td>{duration(runs.reduce((sum, { seconds = 0 }) => sum + seconds, 0))}</td>
      <td>{training > 0 ? <span class="state training">{training} training</span> : common(stateOf)}</td>
    </tr>
  )
}

function RunLine({
  run,
  label,
  inside = false,
  chosen,
  onToggle,
  onOnly,
}: LineProps & { readonly run: ListedRun; readonly label: string; readonly inside?: boolean }) {
  const state = stateOf(run)
  return (
    <tr class={inside ? 'inside' : 'group'} aria-selected={chosen.has(run.id)}>
      <th scope="row">
        <span class="row name">
          <input
            type="checkbox"
            aria-label={`Show ${run.id}`}
            checked={chosen.has(run.id)}
            onChange={({ currentTarget }) => onToggle([run.id], currentTarget.checked)}
          />
          <button type="button" class="plain link" title={run.id} onClick={() => onOnly(new Set([run.id]))}>
            {label}
          </button>
        </span>
      </th>
      <td>{run.neuron}</td>
      <td>{run.model}</td>
      <td>{run.T}</td>
      <td>{run.seed}</td>
      <td>
        {run.epochs !== undefined && (
          <span class="row progress">
            {epochsText(run)}
            {run.training && <progress max={run.ofEpochs} value={run.epochs} aria-label={`Epochs of ${run.id}`} />}
          </span>
        )}
      </td>
      <td>{accuracyText(run)}</td>
      <td>{percent(run.firingRate)}</td>
      <td>{run.seconds ? duration(run.seconds) : ''}</td>
      <td>
        <span class={`state ${state}`} title={run.fault ?? ''}>
          {state}
        </span>
      </td>
    </tr>
  )
}

function epochsText({ epochs, ofEpochs }: ListedRun): string {
  if (epochs === undefined) return ''
  return epochs === ofEpochs ? String(epochs) : `${epochs} of ${ofEpochs}`
}

/** Of test samples; of a run that goes on, of validation samples. */
function measured({ accuracy, validationAccuracy }: ListedRun): number | null {
  return accuracy ?? validationAccuracy ?? null
}

function accuracyText(run: ListedRun): string {
  const value = measured(run)
  if (value === null) return ''
  return run.accuracy == null ? `${measureText(run, value)} so far` : measureText(run, value)
}

function measureText({ measure }: ListedRun, value: number): string {
  return measure === 'R2' ? `R2 ${value.toFixed(3)}` : percent(value, 2)
}

function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined || !Number.isFinite(share) ? '' : `${(100 * share).toFixed(digits)} %`
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
