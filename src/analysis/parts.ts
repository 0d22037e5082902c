import type { Linearisation } from '../equations/index.ts'

/**
 * A T x T map: row t, column t', the gradient that the input of step t receives from step t'. Over several neurons
 * `mean` averages the values, so that parts add up, and `size` their absolute values.
 */
export interface GradientMatrix {
  readonly mean: readonly Float64Array[]
  readonly size: readonly Float64Array[]
}

/** The whole gradient and what it is made of. The means of spatial, every state of `through`, and mixing sum to `total`. */
export interface GradientParts {
  readonly total: GradientMatrix
  /** What crosses no step: through the output of step t itself. */
  readonly spatial: GradientMatrix
  /** What crosses from step t + 1 to step t carried by each state. */
  readonly through: { readonly [state: string]: GradientMatrix }
  /** Of that, the paths that cross every step carried by this one state alone. */
  readonly alone: { readonly [state: string]: GradientMatrix }
  /** The rest of it: the paths that go over from one state to another on their way. */
  readonly changing: GradientMatrix
  /** What crosses steps in no state at all, by a linear map over time in front of the neuron; null without one. */
  readonly mixing: GradientMatrix | null
}

/** dL/ds[t] of the loss at t' for neuron i. */
export type Seed = (source: number, t: number, i: number) => number

/** dL/ds[t'] = 1: each step's own output alone. */
export const unitSeed: Seed = (source, t) => (source === t ? 1 : 0)

class Sums {
  readonly T: number
  private readonly mean: Float64Array[]
  private readonly size: Float64Array[]

  constructor(T: number) {
    this.T = T
    this.mean = Array.from({ length: T }, () => new Float64Array(T))
    this.size = Array.from({ length: T }, () => new Float64Array(T))
  }

  add(t: number, source: number, value: number): void {
    this.mean[t][source] += value
    this.size[t][source] += Math.abs(value)
  }

  /** The means over M neurons. Takes the sums' own arrays: a page asks for maps sixty times a second. */
  over(M: number): GradientMatrix {
    if (M > 1) for (const row of [...this.mean, ...this.size]) for (let k = 0; k < row.length; k++) row[k] /= M
    return { mean: this.mean, size: this.size }
  }
}

/**
 * Walks back from every step t' through the straight lines of a run, and keeps apart what goes which way.
 * @param mixing weights of a linear map over time in front, [T, T], or null
 */
export function gradientParts(lines: Linearisation, seed: Seed, mixing: Float64Array | null = null): GradientParts {
  const { T, M, states } = lines
  const [total, spatial, changing, mixed] = [new Sums(T), new Sums(T), new Sums(T), new Sums(T)]
  const through = states.map(() => new Sums(T))
  const alone = states.map(() => new Sums(T))
  const arriving = new Float64Array(T)
  for (let i = 0; i < M; i++) {
    for (let source = 0; source < T; source++) {
      if (mixing) {
        for (let t = 0; t < T; t++) arriving[t] = lines.direct[t * M + i] * seed(source, t, i)
        addMixed(mixing, arriving, source, { total, spatial, mixed })
      } else walkBack(lines, seed, i, source, { total, spatial, through, alone, changing })
    }
  }
  const named = (sums: readonly Sums[]) => Object.fromEntries(states.map((name, k) => [name, sums[k].over(M)]))
  return {
    total: total.over(M),
    spatial: spatial.over(M),
    through: named(through),
    alone: named(alone),
    changing: changing.over(M),
    mixing: mixing ? mixed.over(M) : null,
  }
}

interface Ways {
  readonly total: Sums
  readonly spatial: Sums
  readonly through: readonly Sums[]
  readonly alone: readonly Sums[]
  readonly changing: Sums
}

function walkBack(lines: Linearisation, seed: Seed, i: number, source: number, ways: Ways): void {
  const { T, M, states, direct, toInput, fromOutput, between } = lines
  const count = states.length
  let carried = new Float64Array(count)
  let next = new Float64Array(count)
  const single = new Float64Array(count)
  let last = T - 1
  // Nothing comes back from steps behind the last one that has a gradient.
  while (last >= 0 && seed(source, last, i) === 0) last--
  for (let t = last; t >= 0; t--) {
    const at = t * M + i
    const g = seed(source, t, i)
    const own = direct[at] * g
    let [crossing, unchanged] = [0, 0]
    ways.spatial.add(t, source, own)
    for (let k = 0; k < count; k++) {
      const share = toInput[k][at] * carried[k]
      const same = toInput[k][at] * single[k]
      crossing += share
      unchanged += same
      ways.through[k].add(t, source, share)
      ways.alone[k].add(t, source, same)
    }
    ways.changing.add(t, source, crossing - unchanged)
    ways.total.add(t, source, own + crossing)
    for (let j = 0; j < count; j++) {
      next[j] = fromOutput[j][at] * g
      for (let k = 0; k < count; k++) next[j] += between[k][j][at] * carried[k]
      single[j] = fromOutput[j][at] * g + between[j][j][at] * single[j]
    }
    const spent = carried
    carried = next
    next = spent
  }
}

function addMixed(
  mixing: Float64Array,
  arriving: Float64Array,
  source: number,
  { total, spatial, mixed }: { total: Sums; spatial: Sums; mixed: Sums },
): void {
  const T = arriving.length
  for (let t = 0; t < T; t++) {
    const own = mixing[t * T + t] * arriving[t]
    let others = 0
    for (let j = 0; j < T; j++) if (j !== t) others += mixing[j * T + t] * arriving[j]
    spatial.add(t, source, own)
    mixed.add(t, source, others)
    total.add(t, source, own + others)
  }
}
