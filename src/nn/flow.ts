import type { Layer } from './layer.ts'

/** Whoever follows a layer's way through its inner layers: shapes when a network is built, tensors, names of a graph. */
export interface Flow<Value> {
  /** Runs one of the layers. */
  apply(layer: Layer, x: Value): Value
  add(a: Value, b: Value): Value
}
