import { UsageError } from '../base/index.ts'
import { encoders } from '../data/index.ts'

/** Currents of M neurons over T steps. */
export interface NeuronInput {
  /** How it was asked for. */
  readonly name: string
  /** [T, M] */
  readonly x: Float64Array
  readonly M: number
}

/** What makes an input: text such as `poisson:0.3`, or the values themselves, [T] for one neuron or [T, M]. */
export type InputChoice = string | ArrayLike<number>

export const defaultInput = 'poisson:0.3'

/**
 * Input currents from a description:
 * `poisson:RATE` or `poisson:RATE:CURRENT`, spikes of that probability and strength (1 if left out);
 * `constant:CURRENT`; or numbers with commas, one a step, which repeat if T is longer.
 * @param M neurons; each has Poisson spikes of its own
 * @throws UsageError for anything else
 */
export function neuronInput(choice: InputChoice, { T, M, seed }: { T: number; M: number; seed: number }): NeuronInput {
  if (typeof choice !== 'string') return given(choice, T)
  const [kind, ...parts] = choice.split(':')
  const [first, second = 1] = parts.map(Number)
  if (kind === 'poisson' && parts.length >= 1 && parts.length <= 2 && first >= 0 && first <= 1 && finite(second)) {
    const encoded = encoders.poisson(new Float64Array(M).fill(first), [M], { T, seed })
    const bytes = encoded.kind === 'spikes' ? encoded.bytes : new Uint8Array()
    return { name: choice, x: Float64Array.from(bytes, (byte) => byte * second), M }
  }
  if (kind === 'constant' && parts.length === 1 && finite(first)) {
    return { name: choice, x: new Float64Array(T * M).fill(first), M }
  }
  const values = choice.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
  if (values.every(finite)) {
    return {
      name: choice,
      x: Float64Array.from({ length: T * M }, (_, i) => values[Math.floor(i / M) % values.length]),
      M,
    }
  }
  throw new UsageError({
    what: `unknown input '${choice}'`,
    expected: 'poisson:RATE[:CURRENT] with a rate in 0..1, constant:CURRENT, or numbers with commas',
    next: 'Write for example poisson:0.3, poisson:0.3:0.8, constant:0.6 or 0.8,0.4,0.9.',
  })
}

function given(values: ArrayLike<number>, T: number): NeuronInput {
  const x = Float64Array.from(values)
  const M = x.length / T
  if (Number.isInteger(M) && M > 0 && x.every(finite)) return { name: 'given values', x, M }
  throw new UsageError({
    what: `an input of ${x.length} values does not fill ${T} steps`,
    expected: 'finite values as [T] or [T, M], time first',
    next: 'Pass T together with the input.',
  })
}

const finite = (value: number) => Number.isFinite(value)
