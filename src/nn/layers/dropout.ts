import { Random } from '../../base/index.ts'
import { dropout } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import type { Run } from '../run.ts'

export interface DropoutOptions {
  readonly p: number
}

/** In training, drops values at random, the same at all steps of a sample; otherwise does nothing. */
export class Dropout extends Layer {
  readonly type = 'dropout'
  readonly options: DropoutOptions

  constructor(options: DropoutOptions) {
    super()
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    site.row({
      type: this.type,
      input,
      output: input,
      parameters: 0,
      multiplyAdds: 0,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: true,
    })
    return input
  }

  forward(x: Tensor, run: Run): Tensor {
    if (!run.training || this.options.p === 0) return x
    return dropout(run, x, this.options.p, new Random(run.key).fork(this.path).bits())
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
