import type { Handle } from '../../backends/index.ts'
import { sizeOf, UsageError } from '../../base/index.ts'
import type { TemporalMixing } from '../../equations/index.ts'
import { mixed, temporal } from '../../ops/index.ts'
import { inputTensor, type Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'
import { temporalShape, temporalStart } from '../temporal-weights.ts'

export interface TemporalLinearOptions {
  /** Which steps are mixed: all, the k latest, or the k latest with weights that all steps share. */
  readonly mixing: TemporalMixing
  /** Steps of a run. */
  readonly T: number
}

/**
 * A learned linear map over time, the same for every neuron: H[t] = sum over j of W[t, j] X[j].
 * In a stream the masked and the sliding one carry their latest inputs; the full one needs the whole sequence.
 * @see Fang et al., Parallel Spiking Neurons with High Efficiency and Ability to Learn Long-term Dependencies, 2023
 */
export class TemporalLinear extends Layer {
  readonly type = 'temporalLinear'
  readonly options: TemporalLinearOptions
  private weight!: Parameter

  constructor(options: TemporalLinearOptions) {
    super()
    this.options = options
  }

  build(input: Frame, site: Site): Frame {
    const { mixing, T } = this.options
    const shape = temporalShape(mixing, T)
    this.weight = site.parameter('weight', shape, (random) => temporalStart(mixing, T, random))
    const { source: _, ...given } = input
    const output: Frame = { ...given, sequence: true, kind: 'dense' }
    site.row({
      type: this.type,
      input,
      output,
      parameters: sizeOf(shape),
      multiplyAdds: sizeOf(input.shape) * (mixing.kind === 'full' ? T : Math.min(mixing.k, T)),
      keepsOutput: true,
      neurons: 0,
      trainingOnly: false,
    })
    return output
  }

  /** @param x dense [T, N, ...]; in a stream, one step of it */
  forward(x: Tensor, run: Run): Tensor {
    if (run.stream) return inputTensor(this.streamed(x.handle, run, run.stream.position))
    return temporal(run, x, this.weight.on(run.backend), this.options.mixing)
  }

  config(): LayerConfig {
    return { type: this.type, ...this.options }
  }

  /** One step, from the inputs of the steps before it that still count. */
  private streamed(x: Handle, run: Run, position: number): Handle {
    const { backend } = run
    const mixing = this.mixingOfStream(position)
    const before = run.stream?.given.get(this.path)?.[0]
    const window = before ? backend.concat([before, x]) : x
    const length = window.shape[0]
    const keep = Math.min(length, mixing.k - 1)
    run.stream?.next.set(this.path, keep > 0 ? [backend.slice(window, length - keep, length)] : [])
    const weight = this.weight.on(backend).handle
    const end = mixing.kind === 'masked' ? position * this.options.T + position + 1 : mixing.k
    const flat = backend.reshape(weight, [sizeOf(weight.shape), 1])
    const part = backend.slice(flat, end - length, end)
    const row = backend.reshape(part, [1, 1, length])
    const output = mixed(backend, row, window, x.shape)
    for (const handle of [flat, part, row, ...(before ? [window] : [])]) backend.release(handle)
    return output
  }

  private mixingOfStream(position: number): TemporalMixing & { k: number } {
    const { mixing, T } = this.options
    if (mixing.kind === 'full') {
      throw new UsageError({
        what: 'this layer mixes all time steps, later ones too: it cannot run step by step',
        expected: 'a whole sequence, or a masked or sliding map over time',
        next: 'Run sequences with forward, or train with masked-psn or sliding-psn.',
      })
    }
    if (mixing.kind === 'masked' && position >= T) {
      throw new UsageError({
        what: `parameter "${this.weight.path}" was made for ${T} steps`,
        got: `step ${position + 1}`,
        next: 'Run at most as many steps as the layer was built for, or use sliding-psn.',
      })
    }
    return mixing
  }
}
