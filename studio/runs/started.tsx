/** A training that was started in a page, as the server tells it. */
export interface Started {
  readonly id: string
  readonly command: string
  readonly lines: readonly string[]
  readonly code: number | null
  readonly ended: boolean
}

/** What a shell takes for "stopped, and saved". */
const stopped = 130

/** Trainings of this studio: what they say while they go on, and why one failed. */
export function StartedList({ started }: { readonly started: readonly Started[] }) {
  const shown = started.filter(({ ended, code }) => !ended || (code !== 0 && code !== stopped))
  if (shown.length === 0) return null
  return (
    <section class="card stack" aria-label="Trainings that were started here">
      {shown.map(({ id, command, lines, ended }) => (
        <details open={ended} key={`${id} ${command}`}>
          <summary>
            <span class={`state ${ended ? 'damaged' : 'training'}`}>{ended ? 'failed' : 'training'}</span> {id}{' '}
            <span class="quiet small">{ended ? '' : lines.at(-1)}</span>
          </summary>
          <pre>{[`$ ${command}`, ...lines].join('\n')}</pre>
        </details>
      ))}
    </section>
  )
}
