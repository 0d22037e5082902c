import { ShapeError, shapeText, UsageError } from '../../base/index.ts'
import { pool, reshape } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'

export interface PopulationOptions {
  /** Neurons of one class. */
  readonly size: number
}

/**
 * Population code: every class is the mean of `size` neighbouring outputs, [classes * size] to [classes]. A loss behind it, such
 * as `rateLoss`, then counts the spikes of whole populations.
 * @see Wu et al. 2018, voting; Eshraghian et al. 2023, population codes
 */
export class Population extends Layer {
  readonly type = 'population'
  readonly options: PopulationOptions

  /** @throws UsageError unless the size is a whole number of 1 or more */
  constructor(options: PopulationOptions) {
    super()
    if (!(Number.isSafeInteger(options.size) && options.size >= 1))
      throw new UsageError({
        what: 'a population has no such size',
        expected: 'a whole number, 1 or more',
        got: String(options.size),
      })
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const { size } = this.options
    if (input.shape.length !== 1 || input.shape[0] % size !== 0)
      throw new ShapeError({
        what: 'outputs do not make whole populations',
        expected: `[classes x ${size}]`,
        got: shapeText(input.shape),
        next: `Let the layer in front have ${size} outputs for each class.`,
      })
    const output: Frame = { ...input, shape: [input.shape[0] / size], kind: 'dense' }
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
    const [T, N, outputs] = x.shape
    const { size } = this.options
    const rows = reshape(run, x, [T, N, outputs / size, size, 1])
    const means = pool(run, rows, { kind: 'average', kernel: [1, size], stride: [1, size], padding: [0, 0] })
    released(run, rows, [])
    const result = reshape(run, means, [T, N, outputs / size])
    released(run, means, [])
    return result
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
