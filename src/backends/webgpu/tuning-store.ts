import type { wgsl } from '../../codegen/index.ts'

/** Tiles that were measured as the fastest, by the layer they are for. */
export type Tuning = { readonly [key: string]: wgsl.Tile }

/** Where measured tiles are kept between runs. The adapter is part of the place, not of the keys. */
export interface TuningStore {
  load(adapter: string): Tuning
  save(adapter: string, tuning: Tuning): void
}
