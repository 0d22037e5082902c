import type { Handle } from '../../backends/index.ts'
import { Random, type Shape, sizeOf, UsageError } from '../../base/index.ts'
import {
  defineNeuron,
  hasSteps,
  type LearnableParameter,
  type Neuron,
  type NoiseRun,
  noisePlaces,
  parameterShape,
  type TemporalMixing,
} from '../../equations/index.ts'
import { slice, spiking } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Frame, Layer, type LayerConfig, type LayerRow, type Site } from '../layer.ts'
import { Norm } from '../norm.ts'
import type { Parameter } from '../parameter.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'
import { stepsOf } from '../steps-of.ts'
import { streamed } from '../streamed.ts'
import { BatchNorm2d } from './batch-norm2d.ts'
import { TemporalLinear } from './temporal-linear.ts'

export interface SpikingLayerOptions {
  readonly neuron: Neuron
  /** BatchNorm in front: statistics of each step (as published), of all steps, or none. Default null. */
  readonly normalisation?: 'perStep' | 'merged' | null
  /** Steps, where the neuron's parameters or their start values depend on them. */
  readonly T?: number
}

const identity = defineNeuron({ name: 'identity', equations: 's = x' })()

/**
 * A layer of neurons, with BatchNorm in front where wanted. Each layer has its own learnable parameters. A neuron with
 * a linear map over time gets it between BatchNorm and its equations.
 */
export class Spiking extends Layer {
  readonly type = 'spiking'
  private readonly options: SpikingLayerOptions
  private current: Neuron
  private norm: Norm | null = null
  private temporal: { readonly map: TemporalLinear; readonly norm: BatchNorm2d | null } | null = null
  private parameters: Parameter[] = []
  private place!: { readonly site: Site; readonly frame: Shape; readonly row: Omit<LayerRow, 'path'> }

  constructor(options: SpikingLayerOptions) {
    super()
    this.options = options
    this.current = options.neuron
  }

  override get slots(): number {
    return this.options.normalisation ? 2 : 1
  }

  get neuron(): Neuron {
    return this.current
  }

  /** Where the parameters of the BatchNorm in front are; null where there is none, or a map over time stands between. */
  get normPath(): string | null {
    return this.norm ? this.place.site.names[0] : null
  }

  build(input: Frame, site: Site): Frame {
    const { normalisation, T } = this.options
    const { neuron } = this
    const channels = input.shape[input.shape.length - 1]
    const { levels } = neuron.program
    const kind = levels > 0 ? 'spikes' : 'dense'
    const { levels: _, ...frame } = input
    const output: Frame = { ...frame, sequence: true, kind, ...(levels > 1 ? { levels } : {}), source: site.path }
    if (neuron.temporal) {
      const map = new TemporalLinear({ mixing: neuron.temporal, T: mixedSteps(neuron, neuron.temporal, T) })
      const norm = normalisation ? new BatchNorm2d({ statistics: normalisation }) : null
      if (norm) site.build('norm', norm, input)
      site.build('temporal', map, { ...input, sequence: true, kind: 'dense' })
      this.temporal = { map, norm }
    } else if (normalisation) this.norm = new Norm(site, site.names[0], channels, normalisation)
    const row = {
      type: '',
      input,
      output,
      parameters: 0,
      multiplyAdds: 0,
      keepsOutput: true,
      neurons: sizeOf(input.shape),
      trainingOnly: false,
    }
    this.place = { site, frame: input.shape, row }
    this.inhabit()
    return output
  }

  /**
   * Other neurons from now on, with fresh learnable parameters of their own; BatchNorm stays.
   * @returns the parameters that were given up
   * @throws UsageError where the layers behind would get another kind of output, or for neurons that mix time
   */
  exchange(neuron: Neuron): readonly Parameter[] {
    const before = this.current
    if (neuron.temporal || before.temporal) {
      throw new UsageError({
        what: `neurons that mix time cannot be exchanged: '${(neuron.temporal ? neuron : before).name}'`,
        place: this.label,
        next: 'Build a network of them.',
      })
    }
    if (neuron.program.levels > 0 !== before.program.levels > 0) {
      throw new UsageError({
        what: `'${before.name}' and '${neuron.name}' cannot be exchanged: one gives spikes, the other numbers`,
        place: this.label,
        next: 'Exchange spiking neurons for spiking neurons.',
      })
    }
    const given = this.parameters
    this.current = neuron
    this.inhabit()
    return given
  }

  forward(x: Tensor, run: Run): Tensor {
    if (this.temporal) return this.throughTime(x, run, this.temporal.map, this.temporal.norm)
    const output = streamed(run, this.path, (state, wantState) => this.advance(x, state, run, wantState))
    run.observe?.(this.path, output, this.neuron.program.levels)
    return output
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
    if (this.temporal) {
      throw new UsageError({
        what: `neuron '${this.neuron.name}' mixes time, and cannot run inside a recurrent layer`,
        next: 'Use a neuron with states there.',
      })
    }
    return this.run(x, state, run, wantState, position)
  }

  config(): LayerConfig {
    const { normalisation = null, T } = this.options
    return { type: this.type, neuron: this.neuron.config, normalisation, ...(T === undefined ? {} : { T }) }
  }

  /** Makes the neuron's learnable parameters, and tells of itself. */
  private inhabit(): void {
    const { site, frame, row } = this.place
    const { neuron } = this
    const channels = frame[frame.length - 1]
    this.parameters = neuron.program.parameters.map((p) => this.learnable(p, frame, site))
    const learned = this.parameters.reduce((sum, p) => sum + sizeOf(p.shape), 0)
    const type = `${this.norm ? 'norm + ' : ''}${neuron.name}`
    site.row({ ...row, type, parameters: learned + (this.norm ? 2 * channels : 0) })
  }

  private throughTime(x: Tensor, run: Run, map: TemporalLinear, norm: BatchNorm2d | null): Tensor {
    if (run.truncation) {
      throw new UsageError({
        what: `neuron '${this.neuron.name}' has no recursion in time that could be truncated`,
        next: 'Train it without --bptt; masked-psn and sliding-psn bound their reach with k.',
      })
    }
    const whole = x.handle.kind === 'dense' && x.shape[0] === run.T
    const ready = norm ? norm.call(x, run) : whole ? x : this.dense(x, run)
    const currents = map.call(ready, run)
    released(run, ready, [x])
    const { output } = this.run(currents, null, run, false, run.stream?.position ?? 0)
    released(run, currents, [])
    run.observe?.(this.path, output, this.neuron.program.levels)
    return output
  }

  /** Numbers for every step, as the map over time reads them. */
  private dense(x: Tensor, run: Run): Tensor {
    const options = { neuron: identity, T: run.T, parameters: [], normalisation: null, state: null, wantState: false }
    return spiking(run, x, options).output
  }

  private run(
    x: Tensor,
    state: readonly Tensor[] | null,
    run: Run,
    wantState: boolean,
    position: number,
  ): { output: Tensor; state: Tensor[] | null } {
    const { neuron } = this
    const parameters = this.parameters.map((p, k) => this.from(p, neuron.program.parameters[k], position, run))
    const call = {
      neuron,
      T: run.T,
      parameters: parameters.map((p) => p.tensor),
      normalisation: this.norm?.on(run) ?? null,
      state,
      wantState,
      truncation: run.truncation ?? null,
      noise: this.noise(run, position),
    }
    run.inspect?.(this.path, x, call)
    const result = spiking(run, x, call)
    if (!run.tape) for (const p of parameters) if (p.made) run.backend.release(p.tensor.handle as Handle)
    return result
  }

  private learnable(p: LearnableParameter, frame: Shape, site: Site): Parameter {
    const { T } = this.options
    if (T === undefined && (hasSteps(p) || p.start(1) !== p.start(2))) {
      throw new UsageError({
        what: `parameter "${p.name}" of neuron "${this.neuron.name}" depends on the number of steps`,
        next: 'Give the layer, or the model, the option T.',
      })
    }
    const shape = parameterShape(p, T ?? 1, frame)
    const { min, max } = p
    const bounds = { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) }
    return site.parameter(p.name, shape, (random) => p.draw(T ?? 1, sizeOf(shape), random), undefined, bounds)
  }

  /** Which numbers this layer's neurons draw; null where they draw none now. */
  private noise(run: Run, position: number): NoiseRun | null {
    const { program, noise } = this.neuron
    if (noisePlaces(program.instructions) === 0 || !(run.training || noise === 'always')) return null
    return { key: new Random(run.key).fork(this.path).fork('noise').bits(), step: position }
  }

  /** A parameter's values for the steps of this call: all, or those from `position` on. */
  private from(p: Parameter, spec: LearnableParameter, position: number, run: Run): { tensor: Tensor; made: boolean } {
    const tensor = p.on(run.backend)
    if (!hasSteps(spec) || (position === 0 && run.T === p.shape[0])) return { tensor, made: false }
    return { tensor: slice(run, tensor, ...stepsOf(run, p.shape[0], p.path, position)), made: true }
  }
}

function mixedSteps(neuron: Neuron, mixing: TemporalMixing, T: number | undefined): number {
  if (T !== undefined) return T
  if (mixing.kind === 'sliding') return mixing.k
  throw new UsageError({
    what: `neuron "${neuron.name}" has weights for every step`,
    next: 'Give the layer, or the model, the option T.',
  })
}
