import { sizeOf } from '../../base/index.ts'
import { defineNeuron } from '../../equations/index.ts'
import { spiking } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { Norm } from '../norm.ts'
import type { Run } from '../run.ts'

export interface BatchNorm2dOptions {
  /** Statistics of each step, as published, or of all steps. Default perStep. */
  readonly statistics?: 'perStep' | 'merged'
}

const identity = defineNeuron({ name: 'identity', equations: 's = x' })()

/** BatchNorm that stands alone. In front of a neuron, the option `normalisation` of Spiking does it in one pass. */
export class BatchNorm2d extends Layer {
  readonly type: string = 'batchNorm2d'
  readonly options: BatchNorm2dOptions
  /** What each channel's weight starts from. */
  protected readonly startWeight: number = 1
  private norm!: Norm

  constructor(options: BatchNorm2dOptions = {}) {
    super()
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const channels = input.shape[input.shape.length - 1]
    this.norm = new Norm(site, site.path, channels, this.options.statistics ?? 'perStep', {
      weight: this.startWeight,
    })
    const { source: _, ...given } = input
    const output: Frame = { ...given, sequence: true, kind: 'dense' }
    site.row({
      type: this.type,
      input,
      output,
      parameters: 2 * channels,
      multiplyAdds: sizeOf(input.shape),
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    const { output } = spiking(run, x, {
      neuron: identity,
      T: run.T,
      parameters: [],
      normalisation: this.norm.on(run),
      state: null,
      wantState: false,
    })
    return output
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
