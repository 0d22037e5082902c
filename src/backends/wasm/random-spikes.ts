import { hash32, type Shape } from '../../base/index.ts'
import type { Machine } from './machine.ts'
import type { WasmTensor } from './tensors.ts'

/** Spikes and open windows, each at this rate, to time kernels with. */
export function randomSpikes(m: Machine, shape: Shape, rate: number, key: number): WasmTensor {
  const made = m.tensors.make('spikes', shape)
  const bytes = m.tensors.bytes(made)
  const below = (bit: number, at: number) => hash32(at, 2 * key + bit) < rate * 2 ** 32
  for (let at = 0; at < bytes.length; at++) bytes[at] = (below(0, at) ? 1 : 0) | (below(1, at) ? 2 : 0)
  return made
}
