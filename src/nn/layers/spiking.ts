import type { Handle } from '../../backends/index.ts'
import { sizeOf, UsageError } from '../../base/index.ts'
import type { LearnableParameter, Neuron } from '../../equations/index.ts'
import { parameterShape, slice, spiking } from '../../ops/index.ts'
import { inputTensor, type Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { Norm } from '../norm.ts'
import type { Parameter } from '../parameter.ts'
import type { Run } from '../run.ts'

export interface SpikingLayerOptions {
  readonly neuron: Neuron
  /** BatchNorm in front: statistics of each step (as published), of all steps, or none. Default null. */
  readonly normalisation?: 'perStep' | 'merged' | null
  /** Steps, where the neuron's parameters or their start values depend on them. */
  readonly T?: number
}

/** A layer of neurons, with BatchNorm in front where wanted. Each layer has its own learnable parameters. */
export class Spiking extends Layer {
  readonly type = 'spiking'
  readonly options: SpikingLayerOptions
  private norm: Norm | null = null
  private parameters: Parameter[] = []

  constructor(options: SpikingLayerOptions) {
    super()
    this.options = options
  }

  override get slots(): number {
    return this.options.normalisation ? 2 : 1
  }

  build(input: Frame, site: Site): Frame {
    const { neuron, normalisation } = this.options
    const channels = input.shape[input.shape.length - 1]
    if (normalisation) this.norm = new Norm(site, site.names[0], channels, normalisation)
    this.parameters = neuron.program.parameters.map((p) => this.learnable(p, channels, site))
    const output: Frame = { ...input, sequence: true, kind: neuron.program.spiking ? 'spikes' : 'dense' }
    const learned = this.parameters.reduce((sum, p) => sum + sizeOf(p.shape), 0)
    site.row({
      type: `${normalisation ? 'norm + ' : ''}${neuron.name}`,
      input,
      output,
      parameters: learned + (this.norm ? 2 * channels : 0),
      multiplyAdds: 0,
      keepsOutput: true,
      neurons: sizeOf(input.shape),
      trainingOnly: false,
    })
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    const given = run.stream?.given.get(this.path)
    const result = this.advance(x, given?.map(inputTensor) ?? null, run, run.stream !== undefined)
    run.stream?.next.set(
      this.path,
      (result.state ?? []).map((s) => s.handle),
    )
    run.observe?.(this.path, result.output)
    return result.output
  }

  /**
   * Some steps from a given state (null: fresh).
   * @param position which step of the run comes first, for parameters that differ from step to step
   */
  advance(
    x: Tensor,
    state: readonly Tensor[] | null,
    run: Run,
    wantState: boolean,
    position = run.stream?.position ?? 0,
  ): { output: Tensor; state: Tensor[] | null } {
    const { neuron } = this.options
    const parameters = this.parameters.map((p, k) => this.from(p, neuron.program.parameters[k], position, run))
    const result = spiking(run, x, {
      neuron,
      T: run.T,
      parameters: parameters.map((p) => p.tensor),
      normalisation: this.norm?.on(run) ?? null,
      state,
      wantState,
    })
    if (!run.tape) for (const p of parameters) if (p.made) run.backend.release(p.tensor.handle as Handle)
    return result
  }

  config(): LayerConfig {
    const { neuron, normalisation = null, T } = this.options
    return { type: this.type, neuron: neuron.config, normalisation, ...(T === undefined ? {} : { T }) }
  }

  private learnable(p: LearnableParameter, channels: number, site: Site): Parameter {
    const { T } = this.options
    const perStep = p.scope === 'step' || p.scope === 'stepChannel'
    if (T === undefined && (perStep || p.start(1) !== p.start(2))) {
      throw new UsageError({
        what: `parameter "${p.name}" of neuron "${this.options.neuron.name}" depends on the number of steps`,
        next: 'Give the layer, or the model, the option T.',
      })
    }
    const shape = parameterShape(p, T ?? 1, channels)
    return site.parameter(p.name, shape, () => new Float64Array(sizeOf(shape)).fill(p.start(T ?? 1)))
  }

  /** A parameter's values for the steps of this call: all, or those from `position` on. */
  private from(p: Parameter, spec: LearnableParameter, position: number, run: Run): { tensor: Tensor; made: boolean } {
    const tensor = p.on(run.backend)
    const perStep = spec.scope === 'step' || spec.scope === 'stepChannel'
    if (!perStep || (position === 0 && run.T === p.shape[0])) return { tensor, made: false }
    if (position + run.T > p.shape[0]) {
      throw new UsageError({
        what: `parameter "${p.path}" was made for ${p.shape[0]} steps`,
        got: `step ${position + run.T}`,
        next: 'Run at most as many steps as the layer was built for.',
      })
    }
    return { tensor: slice(run, tensor, position, position + run.T), made: true }
  }
}
