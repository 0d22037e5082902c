import { UsageError } from '../../base/index.ts'
import { isKernelChoice, type KernelChoice, type KernelKind, type Pass } from '../kernel-choice.ts'
import type { Geometry } from './geometry.ts'
import { type TileCosts, tileOf } from './tiles.ts'

/** Seconds per multiply-add of the dense sum: events cost `fixed` and, per share of spikes, `perRate`; dense kernels one price. */
export interface PassCost {
  readonly fixed: number
  readonly perRate: number
  readonly dense: number
}

export interface CostModel {
  readonly passes: { readonly [P in Pass]: PassCost }
  readonly tiles: TileCosts
}

/** Kernels of one layer and pass; the tile is that of event kernels. */
export interface Chosen {
  readonly kernels: KernelKind
  readonly tile: number
}

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
 * Decides between event and dense kernels, and on tiles, once for each shape of layer and pass: by a cost model at the rate
 * that the layer's input has then, or as it was decided before. Without a model events are taken wherever they can be.
 */
export class KernelChoices {
  private readonly made = new Map<string, KernelChoice>()
  model: CostModel | null = null

  /**
   * @param before choices to keep to, of a run that goes on or of a file
   * @throws UsageError for one with an impossible tile
   */
  constructor(before: readonly KernelChoice[] = []) {
    const wrong = before.find((choice) => !isKernelChoice(choice))
    if (wrong !== undefined)
      throw new UsageError({
        what: 'a choice of kernels that no kernel can follow',
        got: JSON.stringify(wrong),
        next: 'Leave the choices out: the backend then makes them itself.',
      })
    for (const choice of before) this.made.set(this.key(choice.layer, choice.pass), choice)
  }

  private key(layer: string, pass: Pass): string {
    return `${pass} of ${layer}`
  }

  /** @param rate the share of spikes or open windows, asked for only where a new choice depends on it */
  choose(pass: Pass, g: Geometry, rate: () => number): Chosen {
    const layer = layerText(g)
    const key = this.key(layer, pass)
    const before = this.made.get(key)
    if (before?.tile !== undefined) return { kernels: before.kernels, tile: before.tile }
    const choice = before ?? this.decide(pass, layer, rate())
    const tile = tileOf(pass, g, choice.rate, this.model?.tiles)
    this.made.set(key, { ...choice, tile })
    return { kernels: choice.kernels, tile }
  }

  private decide(pass: Pass, layer: string, rate: number): KernelChoice {
    if (!this.model) return { layer, pass, kernels: 'events', rate, predicted: null }
    const { fixed, perRate, dense } = this.model.passes[pass]
    const events = fixed + perRate * rate
    const predicted = { events: events * 1e12, dense: dense * 1e12 }
    return { layer, pass, kernels: events <= dense ? 'events' : 'dense', rate, predicted }
  }

  all(): readonly KernelChoice[] {
    return [...this.made.values()]
  }
}
