import type { Pass } from '../kernel-choice.ts'
import type { Geometry } from './geometry.ts'

/**
 * Tiles of the event kernels: how much they take together, so that it stays in a near cache. A tile is one number a pass:
 * forward, vectors of output channels in a block; weight gradient, pixels; input gradient, bytes of weights in a piece.
 */

/** The two rates at which tiles are timed: lists are short at one, and not at the other. */
export const timedRates = [0.05, 0.2] as const

/** What tiles cost at a layer of some size. */
export interface TileCost {
  /** `tileSize` of the layer that was timed. */
  readonly size: number
  /** Each tile's time at the two rates, in any unit. */
  readonly tiles: readonly { readonly tile: number; readonly times: readonly [number, number] }[]
}

export type TileCosts = { readonly [P in Pass]: readonly TileCost[] }

/**
 * What the best tile depends on beside the rate: the bytes of a layer's weights, which forward and input gradient walk through
 * for each pixel; the pixels of its output, whose gradients the weight gradient walks through for each channel.
 */
export function tileSize(pass: Pass, g: Geometry): number {
  if (pass === 'weight gradient') return g.outHeight * g.outWidth
  return (4 * g.kernel[0] * g.kernel[1] * g.channels * g.outputs) / g.groups
}

const KiB = 1024
type Times = readonly (readonly [tile: number, few: number, many: number])[]

const costs = (size: number, times: Times): TileCost => {
  return { size, tiles: times.map(([tile, few, many]) => ({ tile, times: [few, many] })) }
}
const pieces = (size: number, times: Times): TileCost => {
  return costs(
    size * KiB,
    times.map(([tile, few, many]) => [tile * KiB, few, many]),
  )
}

/**
 * Where nothing was measured: 3x3 convolutions of 64 to 512 channels on a processor with 32 KiB and 1 MiB of cache and
 * 16 lanes, milliseconds of a batch (2026-11-24).
 */
// biome-ignore format: a table
export const typicalTileCosts: TileCosts = {
  forward: [
    costs(144 * KiB, [[8, 3.9, 10.4]]),
    costs(576 * KiB, [[8, 2.6, 9.4], [4, 2.6, 10]]),
    costs(2304 * KiB, [[8, 3.1, 10.3], [4, 3, 9.5]]),
    costs(9216 * KiB, [[8, 5.8, 12], [4, 3.6, 9.9]]),
  ],
  'weight gradient': [
    costs(16, [[256, 4.2, 9.4], [128, 5.7, 10.4], [64, 7.1, 13], [512, 3.9, 10]]),
    costs(64, [[256, 3.6, 9.3], [128, 4.3, 8.5], [64, 4.3, 8.4], [512, 3.4, 10.2]]),
    costs(256, [[256, 3.6, 10.1], [128, 3.9, 9], [64, 4.4, 9], [512, 3.6, 10.1]]),
    costs(1024, [[256, 4.5, 10.4], [128, 5.1, 10], [64, 6.5, 10.6], [512, 4.8, 11.3]]),
  ],
  'input gradient': [
    pieces(144, [[128, 7, 14.4], [64, 6.7, 14.6], [256, 7.4, 16.3]]),
    pieces(576, [[128, 5, 12.8], [64, 5.2, 12.5], [256, 5.2, 14.8]]),
    pieces(2304, [[128, 4.6, 13], [256, 5, 13.8], [512, 4.2, 13.9]]),
    pieces(9216, [[256, 5.3, 13.6], [128, 6.2, 15.7], [512, 5.8, 14.7]]),
  ],
}

/** A later tile must be better by so much than one before it: less may be chance. */
const gain = 0.97

/** On a line through what was timed. */
function secondsAt([few, many]: readonly [number, number], rate: number): number {
  return few + ((many - few) * (rate - timedRates[0])) / (timedRates[1] - timedRates[0])
}

/**
 * The tile that costs least, by the measured layer whose size is nearest, as ratios go.
 * @param rate of spikes, or for the input gradient of open windows
 */
export function tileOf(pass: Pass, g: Geometry, rate: number, model: TileCosts = typicalTileCosts): number {
  const far = ({ size }: TileCost) => Math.abs(Math.log(size / tileSize(pass, g)))
  const nearest = model[pass].reduce((best, next) => (far(next) < far(best) ? next : best))
  // At most what was timed: a line would go below zero.
  const at = Math.min(timedRates[1], Math.max(timedRates[0], rate))
  const better = (a: TileCost['tiles'][number], b: TileCost['tiles'][number]) => {
    return secondsAt(a.times, at) < gain * secondsAt(b.times, at)
  }
  return nearest.tiles.reduce((best, next) => (better(next, best) ? next : best)).tile
}
