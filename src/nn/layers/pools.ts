import { type PoolOptions, poolShape } from '../../backends/index.ts'
import { pool } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { type Pair, pairOf } from '../pair.ts'
import type { Run } from '../run.ts'

export interface PoolLayerOptions {
  readonly kernelSize: number | Pair
  /** Default: kernelSize. */
  readonly stride?: number | Pair
  /** Default 0; padded zeros count in averages and never win a maximum. */
  readonly padding?: number | Pair
}

/** What all pools share: they differ in their options alone. */
abstract class Pool extends Layer {
  protected abstract readonly poolOptions: PoolOptions

  build(input: Frame, site: Site): Frame {
    const kind = this.poolOptions.kind === 'max' ? input.kind : 'dense'
    const { poolOptions } = this
    const output: Frame = {
      shape: poolShape(input.shape, poolOptions),
      sequence: input.sequence,
      kind,
      ...(kind === 'spikes' && input.levels !== undefined ? { levels: input.levels } : {}),
      ...(input.source === undefined ? {} : { source: input.source }),
    }
    site.row({
      type: this.type,
      input,
      output,
      parameters: 0,
      multiplyAdds: 0,
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
      ...(poolOptions.kind === 'adaptiveAverage'
        ? {}
        : { windows: { size: poolOptions.kernel, stride: poolOptions.stride, groups: 1 } }),
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    return pool(run, x, this.poolOptions)
  }
}

function sliding(kind: 'average' | 'max', options: PoolLayerOptions): PoolOptions {
  return {
    kind,
    kernel: pairOf(options.kernelSize),
    stride: pairOf(options.stride ?? options.kernelSize),
    padding: pairOf(options.padding ?? 0),
  }
}

/** Mean over windows. */
export class AvgPool2d extends Pool {
  readonly type = 'avgPool2d'
  readonly options: PoolLayerOptions
  protected readonly poolOptions: PoolOptions

  constructor(options: PoolLayerOptions) {
    super()
    this.options = options
    this.poolOptions = sliding('average', options)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}

/** The first maximum in row-major order; the maximum of spikes is a spike. */
export class MaxPool2d extends Pool {
  readonly type = 'maxPool2d'
  readonly options: PoolLayerOptions
  protected readonly poolOptions: PoolOptions

  constructor(options: PoolLayerOptions) {
    super()
    this.options = options
    this.poolOptions = sliding('max', options)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}

/** Mean over windows laid so that the output has a given size, larger than the input if need be. */
export class AdaptiveAvgPool2d extends Pool {
  readonly type = 'adaptiveAvgPool2d'
  readonly options: { readonly size: number | Pair }
  protected readonly poolOptions: PoolOptions

  constructor(options: { readonly size: number | Pair }) {
    super()
    this.options = options
    this.poolOptions = { kind: 'adaptiveAverage', size: pairOf(options.size) }
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }
}
