import type { Scope } from '../autograd/index.ts'
import type { Handle, RankSums } from '../backends/index.ts'
import type { Truncation } from '../equations/index.ts'
import type { SpikingOptions } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'

/** What one pass through a network needs to know. */
export interface Run extends Scope {
  /** Batch statistics and dropout on. */
  readonly training: boolean
  /** Time steps. An input of one frame [1, N, ...] is repeated this often. */
  readonly T: number
  /** Names the random numbers of this pass (dropout); another update, another key. */
  readonly key: number
  /** How far back in time gradients travel inside each layer of neurons; left out: all the way. */
  readonly truncation?: Truncation | null
  /** Called with each neuron layer's output as it is made, and how many spikes one value counts at most (0: it counts none). */
  readonly observe?: (path: string, output: Tensor, levels: number) => void
  /** Called with each neuron layer's input, and how its neurons are run, before they are. */
  readonly inspect?: (path: string, x: Tensor, call: SpikingOptions) => void
  /** Where BatchNorm takes its statistics over all ranks that train together. */
  readonly ranks?: RankSums | undefined
  /** Present in streams: states come in and go out as values. */
  readonly stream?: Stream
}

/** States of all layers with memory, by path. */
export type States = ReadonlyMap<string, readonly Handle[]>

export interface Stream {
  /** Steps that came before. */
  readonly position: number
  readonly given: States
  readonly next: Map<string, readonly Handle[]>
}

/** State of a network in a stream, between one step and the next: a value, unchanged by `step`. */
export interface NetworkState {
  readonly position: number
  readonly states: States
}
