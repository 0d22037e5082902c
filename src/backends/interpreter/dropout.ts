import { hash32, sizeOf } from '../../base/index.ts'
import type { Handle } from '../backend.ts'
import { dropoutLimit } from '../dropout.ts'
import { denseOf, type HostHandle, type Memory } from './memory.ts'

/** 1 for each value of a frame [N, H, W, C] that stays. */
function keptMask(size: number, p: number, key: number): Uint8Array {
  const limit = dropoutLimit(p)
  return Uint8Array.from({ length: size }, (_, i) => (hash32(i, key) < limit ? 0 : 1))
}

export function dropout(memory: Memory, x: HostHandle, p: number, key: number): Handle {
  const frame = sizeOf(x.shape.slice(1))
  const mask = keptMask(frame, p, key)
  if (x.storage.bytes) {
    const bytes = x.storage.bytes.map((byte, i) => (mask[i % frame] ? byte : 0))
    return memory.spikes(x.shape, bytes, x.scale / (1 - p))
  }
  return dropoutBackward(memory, x, p, key)
}

export function dropoutBackward(memory: Memory, gradient: HostHandle, p: number, key: number): Handle {
  const frame = sizeOf(gradient.shape.slice(1))
  const mask = keptMask(frame, p, key)
  const scaled = denseOf(gradient).map((value, i) => (mask[i % frame] ? value / (1 - p) : 0))
  return memory.wrap(gradient.shape, scaled)
}
