import { UsageError } from '../base/index.ts'

/**
 * How far back in time a gradient may travel inside a layer of neurons.
 * `window`: what a step receives comes from the outputs of that step and the k - 1 after it; k = 1 is spatial only.
 * `prefix`: only the first k steps are linked in time; every later one receives from its own output alone.
 * At k = T both are the whole gradient. States before the first step count as inputs of that step, states after the
 * last one as outputs of that one.
 */
export interface Truncation {
  readonly k: number
  readonly kind: 'window' | 'prefix'
}

/** The last step whose outputs step t receives a gradient from, of T steps; never falls as t grows. */
export function lastStepReached(t: number, T: number, truncation: Truncation | null): number {
  if (truncation === null) return T - 1
  const { k, kind } = truncation
  if (kind === 'window') return Math.min(t + k - 1, T - 1)
  return t < k ? Math.min(k, T) - 1 : t
}

/**
 * How often the adjoint of one neuron runs over T steps, T if nothing is truncated. Where the last step that is
 * reached moves, the way back starts there anew; where it stays, it just goes on.
 */
export function adjointSteps(T: number, truncation: Truncation | null): number {
  let steps = 0
  let reached = -1
  for (let t = T - 1; t >= 0; t--) {
    const last = lastStepReached(t, T, truncation)
    steps += last === reached ? 1 : last - t + 1
    reached = last
  }
  return steps
}

/** @throws UsageError for a k that is no whole number above 0, or an unknown kind */
export function checkTruncation({ k, kind }: Truncation): void {
  if (!Number.isSafeInteger(k) || k < 1) {
    throw new UsageError({
      what: 'truncated backpropagation: k out of range',
      expected: 'a whole number of steps, 1 or more',
      got: String(k),
      next: 'With k = 1 the spatial part alone is kept, with k = T everything.',
    })
  }
  if (kind === 'window' || kind === 'prefix') return
  throw new UsageError({ what: 'unknown kind of truncation', expected: 'window or prefix', got: String(kind) })
}
