import { UsageError } from '../base/index.ts'
import { ProgramBuilder } from './builder.ts'
import { emitExpression } from './expression.ts'
import { parseExpression } from './parse.ts'
import { equationError, type Span, suggestion, within } from './place.ts'
import type { Surrogate, ValueId } from './program.ts'

/** A surrogate by its name, by name and alpha, or as a definition of one's own. */
export type SurrogateChoice = string | { readonly name: string; readonly alpha?: number } | Surrogate

/** A normal distribution at `v`. */
const normal = (mean: string, deviation: string) =>
  `exp(-(((v - ${mean}) / (${deviation}))^2) / 2) / (${deviation} * sqrt(2 * pi))`

/**
 * The surrogates that libraries know, with the sharpness of those that made them known. One more is one row more, and one in the
 * test's list of formulas by hand.
 * @see Neftci et al. 2019; Wu et al. 2018 (rectangle); Esser et al. 2016 (triangle); Fang et al. 2021 (atan); Zenke and Ganguli
 * 2018 (fast-sigmoid, also called superspike); Yin et al. 2020, 2021 (gaussian, multi-gaussian); Shrestha and Orchard 2018 (slayer);
 * Bengio et al. 2013 (straight-through)
 */
export const surrogates: { readonly [name: string]: Surrogate } = {
  rectangle: { name: 'rectangle', alpha: 1, derivative: '1 / alpha', window: 'alpha / 2' },
  sigmoid: { name: 'sigmoid', alpha: 4, derivative: 'alpha * sigmoid(alpha * v) * (1 - sigmoid(alpha * v))' },
  triangle: { name: 'triangle', alpha: 1, derivative: 'alpha - alpha^2 * abs(v)', window: '1 / alpha' },
  atan: { name: 'atan', alpha: 2, derivative: 'alpha / 2 / (1 + (pi * alpha / 2 * v)^2)' },
  'fast-sigmoid': { name: 'fast-sigmoid', alpha: 25, derivative: '1 / (1 + alpha * abs(v))^2' },
  gaussian: { name: 'gaussian', alpha: 0.5, derivative: normal('0', 'alpha') },
  erf: { name: 'erf', alpha: 2, derivative: 'alpha / sqrt(pi) * exp(-((alpha * v)^2))' },
  slayer: { name: 'slayer', alpha: 5, derivative: 'exp(-alpha * abs(v))' },
  softsign: { name: 'softsign', alpha: 2, derivative: 'alpha / 2 / (1 + alpha * abs(v))^2' },
  'piecewise-quadratic': {
    name: 'piecewise-quadratic',
    alpha: 1,
    derivative: 'alpha - alpha^2 * abs(v)',
    window: '1 / alpha',
  },
  'piecewise-exponential': {
    name: 'piecewise-exponential',
    alpha: 1,
    derivative: 'alpha / 2 * exp(-alpha * abs(v))',
  },
  'multi-gaussian': {
    name: 'multi-gaussian',
    alpha: 0.5,
    derivative: `1.15 * ${normal('0', 'alpha')} - 0.15 * (${normal('alpha', '6 * alpha')} + ${normal('(-alpha)', '6 * alpha')})`,
  },
  'leaky-rectangle': {
    name: 'leaky-rectangle',
    alpha: 1,
    derivative: 'where(alpha / 2 - abs(v), 1 / alpha, 0.01 / alpha)',
  },
  'straight-through': { name: 'straight-through', alpha: 1, derivative: 'alpha' },
}

/**
 * The surrogate that a choice names.
 * @param alpha replaces the choice's own
 * @throws UsageError for an unknown name or an alpha that is not a positive number
 * @throws EquationError for a formula that cannot be read
 */
export function surrogateOf(choice: SurrogateChoice, alpha?: number): Surrogate {
  const given: Partial<Surrogate> & { name: string } = typeof choice === 'string' ? { name: choice } : choice
  const found = given.derivative === undefined ? named(given.name) : (given as Surrogate)
  const sharpness = alpha ?? given.alpha ?? found.alpha
  if (typeof sharpness !== 'number' || !(sharpness > 0) || !Number.isFinite(sharpness))
    throw new UsageError({
      what: `surrogate '${given.name}' cannot have alpha ${String(sharpness)}`,
      expected: 'a positive number',
      next: 'Pass for example surrogate: { name, alpha: 2 }.',
    })
  const surrogate = { ...found, alpha: sharpness }
  windowOf(surrogate)
  emitDerivative(surrogate, new ProgramBuilder([{ op: 'input', args: [] }]), 0)
  return surrogate
}

function named(name: string): Surrogate {
  if (typeof name === 'string' && Object.hasOwn(surrogates, name)) return surrogates[name]
  throw new UsageError({
    what: `unknown surrogate '${String(name)}'`,
    next: `${suggestion(String(name), Object.keys(surrogates))}; or pass { name, alpha, derivative, window }`,
  })
}

/** Half the width of the surrogate's window, or undefined where it has none. */
export function windowOf(surrogate: Surrogate): number | undefined {
  if (surrogate.window === undefined) return undefined
  const builder = new ProgramBuilder()
  const half = builder.numberAt(emitFormula(surrogate.window, surrogate, builder, null))
  if (half === undefined || !(half > 0))
    throw new UsageError({
      what: `the window of surrogate '${surrogate.name}' is ${half}`,
      expected: 'a positive half width',
      next: 'Leave window out where the derivative is nowhere 0.',
    })
  return half
}

/** Adds the formula of the derivative at `v`, without its window. */
export function emitDerivative(surrogate: Surrogate, builder: ProgramBuilder, v: ValueId): ValueId {
  return emitFormula(surrogate.derivative, surrogate, builder, v)
}

function emitFormula(
  text: string,
  { name: surrogate, alpha }: Surrogate,
  builder: ProgramBuilder,
  v: ValueId | null,
): ValueId {
  const names: { readonly [name: string]: () => ValueId } = {
    alpha: () => builder.constant(alpha),
    pi: () => builder.constant(Math.PI),
    ...(v === null ? {} : { v: () => v }),
  }
  const lookup = (name: string, span: Span) => {
    if (Object.hasOwn(names, name)) return names[name]()
    throw equationError(text, span, `unknown name '${name}'`, suggestion(name, Object.keys(names)))
  }
  const scope = { text, builder, without: ['spike', 'detach', 'noise'], lookup }
  return within(`surrogate '${surrogate}'`, () => emitExpression(parseExpression(text), scope))
}
