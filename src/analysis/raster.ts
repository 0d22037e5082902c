import type { Recording } from './recording.ts'

/** Spikes of one layer, as points of a picture. */
export interface LayerRaster {
  readonly name: string
  /** Neurons that were recorded. */
  readonly neurons: number
  /** Time step of each spike, from 0, ascending. */
  readonly t: Uint32Array
  /** The neuron of each spike, from 0. */
  readonly neuron: Uint32Array
}

export interface Raster {
  readonly type: 'raster'
  readonly T: number
  readonly about: string
  /** In order of computation. */
  readonly layers: readonly LayerRaster[]
}

/**
 * When which neuron fired.
 * @param recording what `record` or `recordLayers` gave
 */
export function rasterOf({ T, about, recordings }: Recording): Raster {
  return {
    type: 'raster',
    T,
    about,
    layers: recordings.map(({ name, M, s }) => {
      const fired = Array.from(s.keys()).filter((i) => s[i] !== 0)
      return {
        name,
        neurons: M,
        t: Uint32Array.from(fired, (i) => Math.floor(i / M)),
        neuron: Uint32Array.from(fired, (i) => i % M),
      }
    }),
  }
}
