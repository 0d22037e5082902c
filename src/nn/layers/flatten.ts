import { sizeOf } from '../../base/index.ts'
import { flatten } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import type { Run } from '../run.ts'

/** [H, W, C] as [H W C]; files keep PyTorch's order C, H, W. */
export class Flatten extends Layer {
  readonly type = 'flatten'

  build(input: Frame, site: Site): Frame {
    const output: Frame = { ...input, shape: [sizeOf(input.shape)], flattened: input.flattened ?? input.shape }
    site.row({
      type: this.type,
      input,
      output,
      parameters: 0,
      multiplyAdds: 0,
      keepsOutput: false,
      neurons: 0,
      trainingOnly: false,
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    return flatten(run, x)
  }

  config(): LayerConfig {
    return { type: this.type }
  }
}
