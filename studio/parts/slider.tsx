interface SliderProps {
  readonly name: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  readonly onChange: (value: number) => void
}

/** A number that is moved, or typed. */
export function Slider({ name, value, min, max, step, onChange }: SliderProps) {
  const take = (event: { readonly currentTarget: HTMLInputElement }) => {
    const given = event.currentTarget.valueAsNumber
    if (Number.isFinite(given)) onChange(given)
  }
  return (
    <div class="slider">
      <code title={name}>{name}</code>
      <input type="range" aria-label={name} min={min} max={max} step={step} value={value} onInput={take} />
      <input type="number" aria-label={`${name}, as a number`} step="any" value={value} onInput={take} />
    </div>
  )
}

/** A range in which a constant is worth moving, around the value that it starts from. */
export function rangeOf(value: number): { readonly min: number; readonly max: number; readonly step: number } {
  const size = Math.max(1, 2 ** Math.ceil(Math.log2(Math.abs(value) * 2 || 1)))
  return { min: value < 0 ? -size : 0, max: size, step: size / 400 }
}
