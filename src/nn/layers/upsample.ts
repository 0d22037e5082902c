import { ShapeError, shapeText, UsageError } from '../../base/index.ts'
import { pool } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { type Pair, pairOf } from '../pair.ts'
import type { Run } from '../run.ts'

export interface UpsampleOptions {
  /** How often each row and column is repeated. */
  readonly factor: number | Pair
}

/** Repeats every pixel: [H, W, C] to [H factor, W factor, C]. Spikes stay spikes in number, and are given as numbers. */
export class Upsample extends Layer {
  readonly type = 'upsample'
  readonly options: UpsampleOptions

  /** @throws UsageError unless factors are whole numbers of 1 or more */
  constructor(options: UpsampleOptions) {
    super()
    const factors = pairOf(options.factor)
    if (!factors.every((factor) => Number.isSafeInteger(factor) && factor >= 1))
      throw new UsageError({
        what: 'an image cannot be enlarged so often',
        expected: 'whole numbers, 1 or more',
        got: factors.join(' x '),
      })
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    if (input.shape.length !== 3)
      throw new ShapeError({ what: 'only images can be enlarged', expected: '[H, W, C]', got: shapeText(input.shape) })
    const [height, width, channels] = input.shape
    const [down, across] = pairOf(this.options.factor)
    const { levels: _, ...rest } = input
    const output: Frame = { ...rest, shape: [height * down, width * across, channels], kind: 'dense' }
    site.row({
      type: this.type,
      input,
      output,
      parameters: 0,
      multiplyAdds: 0,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    const [down, across] = pairOf(this.options.factor)
    return pool(run, x, { kind: 'adaptiveAverage', size: [x.shape[2] * down, x.shape[3] * across] })
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
