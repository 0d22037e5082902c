import { UsageError } from '../../base/index.ts'
import type { LayerConfig } from '../layer.ts'
import { BatchNorm2d } from './batch-norm2d.ts'

export interface ThresholdDependentBatchNorm2dOptions {
  /** Of the neurons behind it. Default 1. */
  readonly threshold?: number
  /** 1, or 1 / sqrt(2) where two such layers are added up, as at a shortcut. Default 1. */
  readonly alpha?: number
}

/**
 * tdBN: BatchNorm over all steps together, which makes currents of deviation alpha times the threshold. That factor is
 * what the weights start from, so that files have one weight, and evaluation is that of any BatchNorm.
 * @see Zheng et al., Going deeper with directly-trained larger spiking neural networks, AAAI 2021
 */
export class ThresholdDependentBatchNorm2d extends BatchNorm2d {
  override readonly type: string = 'thresholdDependentBatchNorm2d'
  protected override readonly startWeight: number
  private readonly own: ThresholdDependentBatchNorm2dOptions

  /** @throws UsageError unless threshold and alpha are above 0 */
  constructor(options: ThresholdDependentBatchNorm2dOptions = {}) {
    super({ statistics: 'merged' })
    const { threshold = 1, alpha = 1 } = options
    for (const [name, value] of Object.entries({ threshold, alpha }))
      if (!(Number.isFinite(value) && value > 0))
        throw new UsageError({ what: `tdBN: ${name} out of range`, expected: 'a number above 0', got: String(value) })
    this.own = options
    this.startWeight = alpha * threshold
  }

  override config(): LayerConfig {
    return { type: this.type, ...this.own }
  }
}
