import { UsageError } from '../base/index.ts'
import { type CheckedOwnOptimiser, checkedOwn, type OwnOptimiser, type OwnStep } from './own-optimiser.ts'
import type { GroupOf } from './parameter-groups.ts'

export interface SgdSettings {
  /** Default 0.1. */
  readonly learningRate?: number
  /** Default 0.9. */
  readonly momentum?: number
  readonly nesterov?: boolean
  /** Added to the gradient, times the parameter. Default 5e-5. */
  readonly weightDecay?: number
  readonly group?: GroupOf
}

export interface AdamWSettings {
  /** Default 0.001. */
  readonly learningRate?: number
  /** Default 0.9. */
  readonly beta1?: number
  /** Default 0.999. */
  readonly beta2?: number
  /** Default 1e-8. */
  readonly eps?: number
  /** Decoupled: the parameter shrinks by learningRate * weightDecay. Default 0.01. */
  readonly weightDecay?: number
  readonly group?: GroupOf
}

/** How parameters are updated, as a value; what it remembers of each parameter lives in `Updates`. */
export type Optimiser = (
  | { readonly name: 'sgd'; readonly options: Required<Omit<SgdSettings, 'group'>> }
  | { readonly name: 'adamW'; readonly options: Required<Omit<AdamWSettings, 'group'>> }
) & { readonly group: GroupOf }

/** An optimiser of `sgd` or `adamW`, or one of a program's own. */
export type AnyOptimiser = Optimiser | CheckedOwnOptimiser

/** Makes an optimiser of what a program gave. @throws UsageError for an option out of range */
export function asOptimiser(given: Optimiser | OwnOptimiser | OwnStep): AnyOptimiser {
  return typeof given === 'function' || 'step' in given ? checkedOwn(given) : given
}

/**
 * Stochastic gradient descent: v = momentum v + g + weightDecay p; p -= learningRate v. As PyTorch, v starts as g.
 * @throws UsageError for an option out of range
 */
export function sgd(settings: SgdSettings = {}): Optimiser {
  const { group = () => undefined, ...given } = settings
  const options = { learningRate: 0.1, momentum: 0.9, nesterov: false, weightDecay: 5e-5, ...given }
  checkRange('sgd', options, { learningRate: Infinity, momentum: 1, weightDecay: Infinity })
  if (options.nesterov && options.momentum === 0) {
    throw new UsageError({ what: 'sgd: Nesterov needs a momentum above 0', got: 'momentum 0' })
  }
  return { name: 'sgd', options, group }
}

/**
 * Adam with decoupled weight decay.
 * @throws UsageError for an option out of range
 * @see Loshchilov & Hutter 2019
 */
export function adamW(settings: AdamWSettings = {}): Optimiser {
  const { group = () => undefined, ...given } = settings
  const options = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, ...given }
  checkRange('adamW', options, { learningRate: Infinity, beta1: 1, beta2: 1, eps: Infinity, weightDecay: Infinity })
  return { name: 'adamW', options, group }
}

/** 0 is allowed, the bound is not. */
function checkRange(optimiser: string, options: object, bounds: Readonly<Record<string, number>>): void {
  for (const [name, bound] of Object.entries(bounds)) {
    const value = (options as Readonly<Record<string, unknown>>)[name]
    if (typeof value === 'number' && value >= 0 && value < bound) continue
    throw new UsageError({
      what: `${optimiser}: ${name} out of range`,
      expected: bound === Infinity ? 'a number of 0 or more' : `0 or more, below ${bound}`,
      got: String(value),
    })
  }
}
