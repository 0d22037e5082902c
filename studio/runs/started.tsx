import { useState } from 'preact/hooks'
import { ask } from '../server.ts'
import type { ListedRun } from './listing.ts'

/** A training or a sweep that was started in a page, as the server tells it. */
export interface Started {
  readonly id: string
  readonly what: 'training' | 'sweep'
  readonly command: string
  readonly lines: readonly string[]
  readonly code: number | null
  readonly ended: boolean
}

/** What a shell takes for "stopped, and saved". */
const stopped = 130

interface StartedListProps {
  readonly started: readonly Started[]
  /** Names of sweeps that are not done. */
  readonly sweeps: readonly string[]
  readonly runs: readonly ListedRun[]
  readonly onDone: () => void
}

/** Trainings and sweeps of this studio: what they say while they go on, why one failed; and sweeps to go on with. */
export function StartedList({ started, sweeps, runs, onDone }: StartedListProps) {
  const [said, setSaid] = useState('')
  const shown = started.filter(({ ended, code }) => !ended || (code !== 0 && code !== stopped))
  const resting = sweeps.filter((name) => {
    const going = started.some(({ id, ended }) => id === name && !ended)
    return !going && !runs.some(({ id, training }) => training && id.startsWith(`${name}/`))
  })
  if (shown.length === 0 && resting.length === 0) return null
  const act = (path: string, id: string) => {
    setSaid('')
    ask(path, { id }).then(onDone, (error: Error) => setSaid(error.message))
  }
  return (
    <section class="card stack" aria-label="Trainings that were started here, and sweeps">
      {shown.map(({ id, what, command, lines, ended }) => (
        <details open={ended} key={`${id} ${command}`}>
          <summary>
            <span class={`state ${ended ? 'damaged' : 'training'}`}>{ended ? 'failed' : what}</span> {id}{' '}
            <span class="quiet small">{ended ? '' : lines.at(-1)}</span>
          </summary>
          {what === 'sweep' && !ended && (
            <button type="button" onClick={() => act('stop', id)}>
              Stop the sweep
            </button>
          )}
          <pre>{[`$ ${command}`, ...lines].join('\n')}</pre>
        </details>
      ))}
      {resting.map((name) => (
        <div class="row between" key={name}>
          <span>
            <span class="state stopped">stopped</span> The sweep {name}{' '}
            <span class="quiet small">
              runs that are done: {runs.filter(({ id, finished }) => finished && id.startsWith(`${name}/`)).length}
            </span>
          </span>
          <button type="button" aria-label={`Go on with ${name}`} onClick={() => act('resume-sweep', name)}>
            Go on
          </button>
        </div>
      ))}
      {said && <p class="fault">{said}</p>}
    </section>
  )
}
