import type { SpikingNormalisation } from '../ops/index.ts'
import type { Site } from './layer.ts'
import type { Parameter } from './parameter.ts'
import type { Run } from './run.ts'
import { joined } from './site.ts'
import { constantStart } from './starts.ts'

/** What is added to a variance before its root is taken. */
export const normEps = 1e-5

export interface NormOptions {
  /** What each channel's weight starts from. Default 1. */
  readonly weight?: number
  /** Whether the bias is learned, or stays 0. Default true. */
  readonly bias?: boolean
}

/** The parameters and running statistics of a BatchNorm: eps and momentum as PyTorch's defaults. */
export class Norm {
  private readonly weight: Parameter
  private readonly bias: Parameter
  private readonly runningMean: Parameter
  private readonly runningVariance: Parameter
  private readonly statistics: 'perStep' | 'merged'

  constructor(site: Site, path: string, channels: number, statistics: 'perStep' | 'merged', options: NormOptions = {}) {
    const make = (name: string, value: number, trained: boolean) =>
      site.make(joined(path, name), [channels], constantStart(channels, value), { kind: 'same' }, trained)
    this.weight = make('weight', options.weight ?? 1, true)
    this.bias = make('bias', 0, options.bias ?? true)
    this.runningMean = make('running_mean', 0, false)
    this.runningVariance = make('running_var', 1, false)
    this.statistics = statistics
  }

  /** As a neuron call wants it. */
  on(run: Run): SpikingNormalisation {
    return {
      weight: this.weight.on(run.backend),
      bias: this.bias.on(run.backend),
      runningMean: this.runningMean.on(run.backend).handle,
      runningVariance: this.runningVariance.on(run.backend).handle,
      eps: normEps,
      momentum: 0.1,
      statistics: this.statistics,
      training: run.training,
      ranks: run.ranks,
    }
  }
}
