import { defineNeuron, evaluateGradient, type SurrogateChoice, surrogateOf, surrogates } from '../equations/index.ts'

/** What stands in for the derivative of `spike(v)`, as curves over v. */
export interface SurrogateCurves {
  readonly type: 'surrogates'
  readonly v: Float64Array
  readonly curves: readonly { readonly name: string; readonly alpha: number; readonly values: Float64Array }[]
}

const fires = defineNeuron({ name: 'fires', equations: 's = spike(x)' })

/**
 * The derivatives of surrogates around the threshold, as neurons learn by them.
 * @param choices default: all that have a name, with their usual alpha
 * @param options `reach`: from -reach to reach, default 2; `points`: default 161
 * @throws UsageError for an unknown surrogate
 */
export function surrogateCurves(
  choices: readonly SurrogateChoice[] = Object.keys(surrogates),
  { reach = 2, points = 161 }: { readonly reach?: number; readonly points?: number } = {},
): SurrogateCurves {
  const v = Float64Array.from({ length: points }, (_, i) => reach * ((2 * i) / (points - 1) - 1))
  const ones = new Float64Array(points).fill(1)
  const curves = choices.map((choice) => {
    const { name, alpha } = surrogateOf(choice)
    const { input: values } = evaluateGradient(fires({ surrogate: choice }), v, ones, { T: 1 })
    return { name, alpha, values }
  })
  return { type: 'surrogates', v, curves }
}
