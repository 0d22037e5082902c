import { ShapeError } from '../base/index.ts'
import type { NeuronRecording, Recording } from './recording.ts'

/**
 * R[k] = mean of x[n] x[n-k] over time and neurons, for k = 0 to `lags`.
 * @param values [T, M]
 * @throws ShapeError where T is not above `lags`
 * @see Huang et al. 2024, Fig. 8
 */
export function autocorrelation(values: ArrayLike<number>, T: number, lags: number): Float64Array {
  const M = values.length / T
  if (!Number.isInteger(M) || lags >= T || lags < 0) {
    throw new ShapeError({
      what: `an autocorrelation over ${lags} steps needs more than as many`,
      expected: 'values as [T, M] with T above the number of lags',
      got: `${values.length} values, T = ${T}`,
      next: 'Record more steps, or ask for fewer lags.',
    })
  }
  const R = new Float64Array(lags + 1)
  for (let k = 0; k <= lags; k++) {
    for (let n = k; n < T; n++) for (let i = 0; i < M; i++) R[k] += values[n * M + i] * values[(n - k) * M + i]
    R[k] /= (T - k) * M
  }
  return R
}

export interface Autocorrelation {
  readonly type: 'autocorrelation'
  readonly about: string
  /** R[k] / R[0] by lag. */
  readonly curves: readonly { readonly name: string; readonly values: Float64Array }[]
}

/** Autocorrelation of every state of recorded neurons, in terms of its value at lag 0. */
export function autocorrelations({ recordings, about, T }: Recording, lags = Math.floor(T / 2)): Autocorrelation {
  const curves = recordings.flatMap((recording) => recording.states.map((state) => curveOf(recording, state, lags)))
  return { type: 'autocorrelation', about, curves }
}

function curveOf({ name, values, T }: NeuronRecording, state: string, lags: number) {
  const R = autocorrelation(values[state], T, lags)
  return { name: `${state} of ${name}`, values: R.map((value) => (R[0] === 0 ? 0 : value / R[0])) }
}
