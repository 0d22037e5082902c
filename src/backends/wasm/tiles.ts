import type { Pass } from '../kernel-choice.ts'
import type { Geometry } from './geometry.ts'

/**
 * Tiles of the event kernels: how much they take together, so that it stays in a near cache. A tile is one number a pass:
 * forward, vectors of output channels in a block; weight gradient, pixels; input gradient, bytes of weights in a piece.
 */

/** What each tile cost at a layer of some size: seconds per multiply-add, or anything in proportion. */
export interface TileCost {
  /** `tileSize` of the layer that was timed. */
  readonly size: number
  readonly tiles: readonly { readonly tile: number; readonly seconds: number }[]
}

export type TileCosts = { readonly [P in Pass]: readonly TileCost[] }

/**
 * What the best tile depends on: the bytes of a layer's weights, which forward and input gradient walk through for each
 * pixel; the pixels of its output, whose gradients the weight gradient walks through for each channel.
 */
export function tileSize(pass: Pass, g: Geometry): number {
  if (pass === 'weight gradient') return g.outHeight * g.outWidth
  return (4 * g.kernel[0] * g.kernel[1] * g.channels * g.outputs) / g.groups
}

const KiB = 1024
const costs = (size: number, tiles: readonly (readonly [tile: number, seconds: number])[]): TileCost => {
  return { size, tiles: tiles.map(([tile, seconds]) => ({ tile, seconds })) }
}

/**
 * Where nothing was measured: 3x3 convolutions of 64 to 512 channels on a processor with 32 KiB and 1 MiB of cache and
 * 16 lanes, milliseconds of a batch (2026-11-24).
 */
export const typicalTileCosts: TileCosts = {
  forward: [
    costs(144 * KiB, [[8, 8.4]]),
    costs(576 * KiB, [
      [8, 7.6],
      [4, 8],
    ]),
    costs(2304 * KiB, [
      [8, 8.5],
      [4, 7.5],
    ]),
    costs(9216 * KiB, [
      [8, 10.2],
      [4, 8.1],
    ]),
  ],
  'weight gradient': [
    costs(16, [
      [64, 11.6],
      [128, 8.7],
      [256, 8.3],
      [512, 8.1],
    ]),
    costs(64, [
      [64, 7],
      [128, 7.4],
      [256, 7.6],
      [512, 8.2],
    ]),
    costs(256, [
      [64, 7.3],
      [128, 7.4],
      [256, 8.5],
      [512, 8.1],
    ]),
    costs(1024, [
      [64, 9.1],
      [128, 8.8],
      [256, 8.5],
      [512, 9.4],
    ]),
  ],
  'input gradient': [
    costs(144 * KiB, [
      [64 * KiB, 10.5],
      [256 * KiB, 13],
    ]),
    costs(576 * KiB, [
      [64 * KiB, 13.5],
      [128 * KiB, 10.8],
      [256 * KiB, 11.6],
    ]),
    costs(2304 * KiB, [
      [128 * KiB, 10.5],
      [256 * KiB, 10.8],
    ]),
  ],
}

/** A later tile must be better by so much than one before it: less may be chance. */
const gain = 0.97

/** The tile that costs least at the measured layer whose size is nearest, as ratios go. */
export function tileOf(pass: Pass, g: Geometry, model: TileCosts = typicalTileCosts): number {
  const far = ({ size }: TileCost) => Math.abs(Math.log(size / tileSize(pass, g)))
  const nearest = model[pass].reduce((best, next) => (far(next) < far(best) ? next : best))
  return nearest.tiles.reduce((best, next) => (next.seconds < gain * best.seconds ? next : best)).tile
}
