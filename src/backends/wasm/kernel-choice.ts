import type { KernelChoice, KernelKind, Pass } from '../kernel-choice.ts'
import type { Geometry } from './geometry.ts'

/** Seconds per multiply-add of the dense sum: events cost `fixed` and, per share of spikes, `perRate`; dense kernels one price. */
export interface PassCost {
  readonly fixed: number
  readonly perRate: number
  readonly dense: number
}

export type CostModel = { readonly [P in Pass]: PassCost }

function layerText(g: Geometry): string {
  const pair = ([a, b]: readonly [number, number]) => `${a}x${b}`
  const rest = [
    ...(g.dilation.some((d) => d > 1) ? [`dilation ${pair(g.dilation)}`] : []),
    ...(g.groups > 1 ? [`${g.groups} groups`] : []),
  ]
  const options = [`conv ${pair(g.kernel)}`, `stride ${pair(g.stride)}`, `padding ${pair(g.padding)}`, ...rest]
  return `${options.join(', ')}: ${g.height}x${g.width}x${g.channels} to ${g.outputs}`
}

/**
 * Decides between event and dense kernels, once for each shape of layer and pass: by a cost model at the rate that the
 * layer's input has then, or as it was decided before. Without a model events are taken wherever they can be.
 */
export class KernelChoices {
  private readonly made = new Map<string, KernelChoice>()
  model: CostModel | null = null

  /** @param before choices to keep to, of a run that goes on or of a file */
  constructor(before: readonly KernelChoice[] = []) {
    for (const choice of before) this.made.set(this.key(choice.layer, choice.pass), choice)
  }

  private key(layer: string, pass: Pass): string {
    return `${pass} of ${layer}`
  }

  /** @param rate the share of spikes or open windows, asked for only where a new choice depends on it */
  choose(pass: Pass, g: Geometry, rate: () => number): KernelKind {
    const layer = layerText(g)
    const key = this.key(layer, pass)
    const known = this.made.get(key)
    if (known) return known.kernels
    const choice = this.decide(pass, layer, rate)
    this.made.set(key, choice)
    return choice.kernels
  }

  private decide(pass: Pass, layer: string, rate: () => number): KernelChoice {
    const at = rate()
    if (!this.model) return { layer, pass, kernels: 'events', rate: at, predicted: null }
    const { fixed, perRate, dense } = this.model[pass]
    const events = fixed + perRate * at
    const predicted = { events: events * 1e12, dense: dense * 1e12 }
    return { layer, pass, kernels: events <= dense ? 'events' : 'dense', rate: at, predicted }
  }

  all(): readonly KernelChoice[] {
    return [...this.made.values()]
  }
}
