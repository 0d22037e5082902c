import type { ComponentChildren } from 'preact'

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly value: Value
  readonly options: readonly Value[]
  readonly onChange: (value: Value) => void
  readonly disabled?: boolean
}

/** One of several names. */
export function Choice<Value extends string>({
  label,
  value,
  options,
  onChange,
  disabled = false,
}: ChoiceProps<Value>) {
  return (
    <label class="field">
      {label}
      <select disabled={disabled} value={value} onChange={(event) => onChange(event.currentTarget.value as Value)}>
        {options.map((option) => (
          <option value={option} key={option}>
            {option}
          </option>
        ))}
      </select>
    </label>
  )
}

interface NumberFieldProps {
  readonly label: string
  readonly value: number
  readonly min?: number
  readonly max?: number
  readonly step?: number | 'any'
  readonly onChange: (value: number) => void
  readonly disabled?: boolean
}

/** A number within bounds. */
export function NumberField({ label, value, min, max, step = 1, onChange, disabled = false }: NumberFieldProps) {
  return (
    <label class="field">
      {label}
      <input
        type="number"
        disabled={disabled}
        value={value}
        step={step}
        {...(min === undefined ? {} : { min })}
        {...(max === undefined ? {} : { max })}
        onInput={({ currentTarget }) => {
          const given = currentTarget.valueAsNumber
          if (Number.isFinite(given) && given >= (min ?? -Infinity) && given <= (max ?? Infinity)) onChange(given)
        }}
      />
    </label>
  )
}

/** A box with a head. */
export function Card({ title, children }: { readonly title?: string; readonly children: ComponentChildren }) {
  return (
    <section class="card stack">
      {title && <h2>{title}</h2>}
      {children}
    </section>
  )
}
