import { useEffect, useState } from 'preact/hooks'
import { Choice } from '../parts/choice.tsx'
import { ask } from '../server.ts'
import { countOf, type Field, meantBy, sweepOptions, type Varying } from './asked-options.ts'
import { SweepFields } from './sweep-fields.tsx'

interface Form {
  readonly datasets: readonly string[]
  readonly fields: readonly Field[]
}

/** Options that nearly every training sets; the others are a click away. */
const usual = ['model', 'neuron', 'T', 'epochs', 'batch', 'lr', 'seed', 'limit', 'data', 'name']

interface StartFormProps {
  readonly onStarted: () => void
  readonly onClose: () => void
}

/** Every option of a training: the form is made from the same table as the flags of the command line. */
export function StartForm({ onStarted, onClose }: StartFormProps) {
  const [form, setForm] = useState<Form | null>(null)
  const [dataset, setDataset] = useState('fashion-mnist')
  const [texts, setTexts] = useState<{ readonly [name: string]: string }>({})
  const [varying, setVarying] = useState<readonly Varying[]>([])
  const [seeds, setSeeds] = useState(1)
  const [fault, setFault] = useState('')
  useEffect(() => {
    ask<Form>('form').then(setForm, (error: Error) => setFault(error.message))
  }, [])
  if (!form) return <p class={fault ? 'fault' : 'waiting'}>{fault || 'The options are read…'}</p>
  const write = (name: string, text: string) => setTexts({ ...texts, [name]: text })
  const groups = [...new Set(form.fields.map(({ group }) => group ?? 'More'))]
  const isSweep = varying.length > 0 || seeds > 1
  const start = (event: Event) => {
    event.preventDefault()
    setFault('')
    try {
      const options = Object.fromEntries(
        form.fields.flatMap((field) => {
          const text = texts[field.name]?.trim() ?? ''
          return text === '' ? [] : [[field.name, meantBy(field, text)]]
        }),
      )
      const asked = isSweep
        ? ask('sweep', { dataset, options: sweepOptions(options, varying, { seeds, fields: form.fields }) })
        : ask('start', { dataset, options })
      asked.then(
        () => {
          onStarted()
          onClose()
        },
        (error: Error) => setFault(error.message),
      )
    } catch (error) {
      setFault((error as Error).message)
    }
  }
  const fieldsOf = (fields: readonly Field[]) => (
    <div class="fields">
      {fields.map((field) => (
        <FormField
          field={field}
          text={texts[field.name] ?? ''}
          onText={(text) => write(field.name, text)}
          key={field.name}
        />
      ))}
    </div>
  )
  return (
    <form class="card stack" aria-label="Start a training" onSubmit={start}>
      <div class="fields">
        <Choice label="Data set" value={dataset} options={form.datasets} onChange={setDataset} />
      </div>
      {fieldsOf(usual.flatMap((name) => form.fields.find((field) => field.name === name) ?? []))}
      {groups.map((group) => {
        const others = form.fields.filter((field) => (field.group ?? 'More') === group && !usual.includes(field.name))
        const given = others.filter(({ name }) => (texts[name] ?? '') !== '').length
        return others.length === 0 ? null : (
          <details key={group}>
            <summary>
              {group}
              {given > 0 && <span class="quiet small"> · {given} set</span>}
            </summary>
            {fieldsOf(others)}
          </details>
        )
      })}
      <SweepFields fields={form.fields} varying={varying} onVarying={setVarying} seeds={seeds} onSeeds={setSeeds} />
      {fault && <p class="fault">{fault}</p>}
      <div class="row">
        <button type="submit" class="first">
          {isSweep ? `Start ${countOf(varying, seeds)} runs` : 'Start'}
        </button>
        <button type="button" onClick={onClose}>
          Not now
        </button>
        <span class="quiet small">
          {isSweep ? 'They train one after the other' : 'It trains'} in a process of {isSweep ? 'their' : 'its'} own, as
          if started on the command line.
        </span>
      </div>
    </form>
  )
}

function FormField({
  field,
  text,
  onText,
}: {
  readonly field: Field
  readonly text: string
  readonly onText: (text: string) => void
}) {
  const { name, kind, choices, fallback, description } = field
  const standard = standardText(fallback)
  const id = `start-${name}`
  const one = kind !== 'list' ? (kind === 'flag' ? ['true', 'false'] : choices) : undefined
  return (
    <label class="field" title={description} htmlFor={id}>
      {name}
      {one ? (
        <select id={id} aria-label={name} value={text} onChange={({ currentTarget }) => onText(currentTarget.value)}>
          <option value="">{standard === '' ? '–' : `${standard} (default)`}</option>
          {one.map((choice) => (
            <option value={choice} key={choice}>
              {choice}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          aria-label={name}
          type="text"
          inputMode={kind === 'number' ? 'decimal' : 'text'}
          value={text}
          placeholder={standard || description}
          onInput={({ currentTarget }) => onText(currentTarget.value)}
        />
      )}
    </label>
  )
}

function standardText(fallback: unknown): string {
  if (fallback === undefined || fallback === null) return ''
  return Array.isArray(fallback) ? fallback.join(',') : String(fallback)
}
