import { maximumVectors } from '../../codegen/index.ts'
import type { Pass } from '../kernel-choice.ts'
import { eventForwardInto } from './event-forward.ts'
import { eventInputGradientInto } from './event-input-gradient.ts'
import { eventLanes } from './event-tasks.ts'
import { eventWeightGradientInto } from './event-weight-gradient.ts'
import { geometryOf } from './geometry.ts'
import type { Machine } from './machine.ts'
import { bestSeconds } from './measure.ts'
import { randomSpikes } from './random-spikes.ts'
import type { WasmTensor } from './tensors.ts'
import { type TileCosts, tileSize, timedRates } from './tiles.ts'

/** 3x3 convolutions from many pixels of few channels to few pixels of many. */
const layers = [
  { images: 2, size: 32, channels: 64 },
  { images: 4, size: 16, channels: 128 },
  { images: 8, size: 8, channels: 256 },
  { images: 16, size: 4, channels: 512 },
]
const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const

/** Tiles to choose from; the first is kept unless another is clearly better. */
function candidates(pass: Pass, lanes: number): readonly number[] {
  if (pass === 'weight gradient') return [256, 128, 64, 512]
  if (pass === 'input gradient') return [128, 64, 256, 512].map((size) => 1024 * size)
  return [maximumVectors(lanes), maximumVectors(lanes) / 2]
}

/** Times the event kernels at layers of several sizes and two rates with several tiles, on all threads. @param now seconds */
export function calibrateTiles(m: Machine, now: () => number): TileCosts {
  const model = { forward: [], 'weight gradient': [], 'input gradient': [] } as {
    [P in Pass]: TileCosts[P][number][]
  }
  for (const { images, size, channels } of layers) {
    const frame = [1, images, size, size, channels]
    const spikes = timedRates.map((rate) => randomSpikes(m, frame, rate, channels))
    const [gradient, image] = [0, 1].map(() => m.tensors.make('dense', frame))
    const [weight, result] = [0, 1].map(() => m.tensors.make('dense', [3, 3, channels, channels]))
    for (const zeroed of [gradient, weight]) m.zero(zeroed)
    const g = geometryOf(spikes[0], weight, options)
    const passes: { readonly [P in Pass]: (x: WasmTensor, tile: number) => void } = {
      forward: (x, tile) => eventForwardInto(m, g, x, weight, null, null, image, tile, false),
      'weight gradient': (x, tile) => eventWeightGradientInto(m, g, x, gradient, result, tile),
      'input gradient': (x, tile) => eventInputGradientInto(m, g, x, weight, gradient, image, tile),
    }
    for (const pass of Object.keys(passes) as Pass[]) {
      const tiles = candidates(pass, eventLanes(m, pass, g)).map((tile) => {
        const [few, many] = spikes.map((x) => bestSeconds(now, () => passes[pass](x, tile)))
        return { tile, times: [few, many] as const }
      })
      model[pass].push({ size: tileSize(pass, g), tiles })
    }
    for (const tensor of [...spikes, gradient, image, weight, result]) m.tensors.release(tensor)
  }
  return model
}
