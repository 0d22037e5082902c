import { Choice, NumberField } from '../parts/choice.tsx'
import { countOf, type Field, type Varying, variable } from './asked-options.ts'

interface SweepFieldsProps {
  readonly fields: readonly Field[]
  readonly varying: readonly Varying[]
  readonly onVarying: (varying: readonly Varying[]) => void
  readonly seeds: number
  readonly onSeeds: (seeds: number) => void
}

/** Several values of some options, and seeds: every combination is a run. */
export function SweepFields({ fields, varying, onVarying, seeds, onSeeds }: SweepFieldsProps) {
  const known = variable(fields).map(({ name }) => name)
  const free = known.filter((name) => !varying.some((one) => one.name === name))
  const change = (i: number, next: Varying) => onVarying(varying.map((one, k) => (k === i ? next : one)))
  const runs = countOf(varying, seeds)
  return (
    <details>
      <summary>
        Several values: a sweep
        {runs > 1 && <span class="quiet small"> · {runs} runs</span>}
      </summary>
      <div class="stack">
        {varying.map((one, i) => (
          <div class="row" key={one.name}>
            <Choice
              label="option"
              value={one.name}
              options={[one.name, ...free]}
              onChange={(name) => change(i, { ...one, name })}
            />
            <label class="field grow">
              values, with commas
              <input
                type="text"
                aria-label={`values of ${one.name}`}
                value={one.text}
                placeholder="0.05, 0.1, 0.2"
                onInput={({ currentTarget }) => change(i, { ...one, text: currentTarget.value })}
              />
            </label>
            <button
              type="button"
              aria-label={`Leave ${one.name} out`}
              onClick={() => onVarying(varying.filter((_, k) => k !== i))}
            >
              Leave out
            </button>
          </div>
        ))}
        <div class="row">
          <button
            type="button"
            disabled={free.length === 0}
            onClick={() => onVarying([...varying, { name: free.includes('lr') ? 'lr' : free[0], text: '' }])}
          >
            Vary an option
          </button>
          <NumberField label="seeds of each" value={seeds} min={1} max={1000} onChange={onSeeds} />
        </div>
      </div>
    </details>
  )
}
