import { ShapeError } from '../base/index.ts'
import type { NeuronRecording, Recording } from './recording.ts'

/** When some neurons fired, and the potential of one of them. */
export interface RasterPanel {
  readonly name: string
  /** For each neuron shown, the steps at which it fired, from 0. */
  readonly spikes: readonly (readonly number[])[]
  /** Neurons that were looked at. */
  readonly neurons: number
  /** Of these, neurons that never fired. */
  readonly silent: number
  readonly membrane?: {
    /** Which value it is, such as `u#1`. */
    readonly name: string
    /** The neuron among those shown. */
    readonly neuron: number
    /** [T], what it compares with the threshold. */
    readonly potential: readonly number[]
    /** [T]. */
    readonly threshold: readonly number[]
  }
}

/** Spikes over time, panel by panel: a neuron, or a layer of a network. Plain values, which JSON can hold. */
export interface Raster {
  readonly type: 'raster'
  readonly T: number
  readonly about: string
  readonly panels: readonly RasterPanel[]
}

/** Spikes [T, M], row by row. */
export interface Spikes {
  readonly name?: string
  readonly T: number
  readonly M: number
  readonly s: ArrayLike<number>
}

/**
 * What a spike raster shows: neurons that fire come first, and silent ones are counted.
 * @param values a recording of neurons or layers, or spikes [T, M]
 * @param options `neurons`: most rows of a panel, default 32
 * @throws ShapeError where spikes are not T times M values
 */
export function rasterOf(values: Recording | Spikes, { neurons = 32 }: { readonly neurons?: number } = {}): Raster {
  if ('recordings' in values) {
    const { T, about, recordings } = values
    return { type: 'raster', T, about, panels: recordings.map((one) => panelOf(one, neurons)) }
  }
  const { T, M, s, name = 'spikes' } = values
  if (s.length !== T * M) {
    throw new ShapeError({
      what: 'these spikes do not fill a raster',
      expected: `${T * M} values for T = ${T}, M = ${M}`,
      got: `${s.length} values`,
      next: 'Give them as [T, M], one step after the other.',
    })
  }
  return { type: 'raster', T, about: `${M} neurons`, panels: [panelOf({ name, T, M, s }, neurons)] }
}

function panelOf(recording: Required<Spikes> & Pick<Partial<NeuronRecording>, 'membrane'>, most: number): RasterPanel {
  const { name, T, M, s, membrane } = recording
  const fired = Array.from({ length: M }, (_, i) =>
    Array.from({ length: T }, (_unused, t) => t).filter((t) => s[t * M + i] !== 0),
  )
  const firing = fired.flatMap((steps, i) => (steps.length > 0 ? [i] : []))
  const quiet = fired.flatMap((steps, i) => (steps.length === 0 ? [i] : []))
  const shown = firing.length > 0 ? evenly(firing, most) : quiet.slice(0, most)
  const panel = { name, spikes: shown.map((i) => fired[i]), neurons: M, silent: quiet.length }
  if (!membrane || shown.length === 0) return panel
  const neuron = typical(panel.spikes)
  const column = (all: ArrayLike<number>) =>
    Array.from({ length: T }, (_, t) => Number(all[t * M + shown[neuron]].toPrecision(5)))
  const { potential, threshold } = membrane
  return {
    ...panel,
    membrane: { name: membrane.name, neuron, potential: column(potential), threshold: column(threshold) },
  }
}

function evenly(items: readonly number[], most: number): readonly number[] {
  if (items.length <= most) return items
  return Array.from({ length: most }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / most)])
}

/** The neuron whose number of spikes is the median. */
function typical(spikes: readonly (readonly number[])[]): number {
  const order = spikes.map((_, i) => i).sort((a, b) => spikes[a].length - spikes[b].length || a - b)
  return order[Math.floor(order.length / 2)]
}
