import { mostSpikes } from '../../equations/index.ts'
import { fourBytes, n } from './tasks.ts'
import { f32x4, i32x4, type Value, v128 } from './value.ts'
import type { Writer } from './writer.ts'

/**
 * A byte of a spike tensor: bit 0 the spike, bit 1 the window. Where a byte counts several spikes, bit k says that there are
 * k or more, for k from 2 to `levels`: so a list of events takes one bit after another, and a count of k becomes k events.
 */

/** Most spikes that a byte can count. */
export const mostLevels = mostSpikes

/** The bits that stand for a spike each. */
export const spikeBitsOf = (levels: number): readonly number[] => [
  0,
  ...Array.from({ length: levels - 1 }, (_, i) => i + 2),
]

/** The byte of `count` spikes, its window closed. */
export const byteOfCount = (count: number): number => {
  return spikeBitsOf(mostLevels)
    .slice(0, count)
    .reduce((byte, bit) => byte | (1 << bit), 0)
}

/** What a kernel reads: float32 values, bytes of one spike, or bytes that count them. */
export type ValueKind = 'dense' | 'spikes' | 'counts'

/** Values of four neighbouring bytes: so many spikes, times scale. */
export function fourValues(w: Writer, kind: 'spikes' | 'counts', address: Value, scale: Value): Value {
  const one = i32x4.const(1)
  const bytes = w.v128(fourBytes(address))
  const more = spikeBitsOf(kind === 'spikes' ? 1 : mostLevels).slice(1)
  const spikes = w.v128(v128.and(bytes, one))
  for (const bit of more) w.set(spikes, i32x4.add(spikes, v128.and(i32x4.shrU(bytes, n(bit)), one)))
  return f32x4.mul(f32x4.fromInteger(spikes), scale)
}
