import { useEffect, useState } from 'preact/hooks'
import { ask } from '../server.ts'

interface Field {
  readonly name: string
  readonly kind: 'text' | 'number' | 'flag' | 'list' | 'json'
  readonly choices?: readonly string[]
  readonly fallback: unknown
  readonly group?: string
  readonly description: string
}

interface Form {
  readonly datasets: readonly string[]
  readonly fields: readonly Field[]
}

/** Options that most runs set; the others are one click away. */
const usual = ['model', 'neuron', 'T', 'epochs', 'batch', 'lr', 'seed', 'limit', 'data']

/** Starts a run: the options of `spikelet train`, as a form. */
export function StartForm({ onStart }: { readonly onStart: (id: string) => void }) {
  const [form, setForm] = useState<Form | null>(null)
  const [dataset, setDataset] = useState('fashion-mnist')
  const [options, setOptions] = useState<{ readonly [name: string]: string | boolean }>({})
  const [told, setTold] = useState('')
  useEffect(() => void ask<Form>('form').then(setForm), [])
  if (!form) return null
  const groups = new Map<string, Field[]>()
  for (const field of form.fields) {
    const name = usual.includes(field.name) ? '' : (field.group ?? 'more')
    groups.set(name, [...(groups.get(name) ?? []), field])
  }
  const first = groups.get('')?.sort((a, b) => usual.indexOf(a.name) - usual.indexOf(b.name)) ?? []
  const put = (name: string, value: string | boolean) => setOptions({ ...options, [name]: value })
  const start = async (event: Event) => {
    event.preventDefault()
    try {
      const { id } = await ask<{ id: string }>('start', { dataset, options })
      setTold(`${id} starts`)
      onStart(id)
    } catch (error) {
      setTold((error as Error).message)
    }
  }
  return (
    <details class="card">
      <summary>Start a run</summary>
      <form class="stack" style={{ marginTop: '0.7rem' }} onSubmit={start}>
        <div class="fields">
          <label class="field">
            data set
            <select value={dataset} onChange={({ currentTarget }) => setDataset(currentTarget.value)}>
              {form.datasets.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
          {first.map((field) => (
            <FieldInput
              field={field}
              value={options[field.name]}
              onChange={(value) => put(field.name, value)}
              key={field.name}
            />
          ))}
        </div>
        {[...groups].map(
          ([name, fields]) =>
            name !== '' && (
              <details key={name}>
                <summary class="small">{name}</summary>
                <div class="fields" style={{ marginTop: '0.5rem' }}>
                  {fields.map((field) => (
                    <FieldInput
                      field={field}
                      value={options[field.name]}
                      onChange={(value) => put(field.name, value)}
                      key={field.name}
                    />
                  ))}
                </div>
              </details>
            ),
        )}
        <div class="row">
          <button type="submit" class="first">
            Start
          </button>
          <span class="small" role="status">
            {told}
          </span>
        </div>
      </form>
    </details>
  )
}

interface FieldInputProps {
  readonly field: Field
  readonly value: string | boolean | undefined
  readonly onChange: (value: string | boolean) => void
}

function FieldInput({ field, value, onChange }: FieldInputProps) {
  const { name, kind, choices, fallback, description } = field
  if (kind === 'flag') {
    return (
      <label class="row small" title={description}>
        <input
          type="checkbox"
          checked={value === true}
          onChange={({ currentTarget }) => onChange(currentTarget.checked)}
        />
        {name}
      </label>
    )
  }
  const hint =
    fallback === undefined || fallback === null ? '' : Array.isArray(fallback) ? fallback.join(',') : String(fallback)
  if (choices && kind === 'text') {
    return (
      <label class="field" title={description}>
        {name}
        <select value={String(value ?? '')} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          <option value="">{hint || '–'}</option>
          {choices
            .filter((one) => one !== hint)
            .map((one) => (
              <option key={one}>{one}</option>
            ))}
        </select>
      </label>
    )
  }
  return (
    <label class="field" title={description}>
      {name}
      <input
        value={String(value ?? '')}
        placeholder={hint}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  )
}
