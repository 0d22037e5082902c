import type { Backend } from '../backends/index.ts'
import { Random, type Shape, ShapeError, sameShape, shapeText, suggestion, UsageError } from '../base/index.ts'
import type { Neuron } from '../equations/index.ts'
import type { Tensor } from '../tensor/index.ts'
import { inLayer, type Layer, type LayerConfig, type LayerRow } from './layer.ts'
import { Spiking } from './layers/index.ts'
import type { Parameter } from './parameter.ts'
import type { NetworkState, Run } from './run.ts'
import { type Blueprint, BuildingSite } from './site.ts'
import { NetworkStream } from './stream.ts'
import { type LayerSummary, summaryOf } from './summary.ts'

/** JSON from which a network can be built again, without its parameters. */
export interface NetworkConfig {
  readonly name: string
  /** Shape of a frame, [H, W, C] or [C]. */
  readonly input: Shape
  readonly seed: number
  /** The layers, or `model` with `options` for a model of the registry. */
  readonly layer?: LayerConfig
  readonly model?: string
  readonly options?: { readonly [name: string]: unknown }
}

export interface NetworkOptions {
  /** How errors and summaries name it. */
  readonly name: string
  /** Shape of a frame, [H, W, C] or [C]. */
  readonly input: Shape
  readonly layer: Layer
  /** Start values of the parameters come from it. Default 1. */
  readonly seed?: number
  /** What a registry needs to build it again; default: the layers' own configuration. */
  readonly rebuild?: { readonly model: string; readonly options: { readonly [name: string]: unknown } }
}

/** Layers with known shapes, their parameters and running statistics. */
export class Network {
  readonly name: string
  readonly input: Shape
  /** Shape of one step's output, such as [classes]. */
  readonly output: Shape
  /** One row a layer, in order of computation. */
  readonly rows: readonly LayerRow[]
  readonly seed: number
  /** The outermost layer. */
  readonly layer: Layer
  private readonly layers: readonly Layer[]
  /** The building site adds to it when neurons are exchanged. */
  private readonly all: Parameter[]
  private rebuild: NetworkOptions['rebuild']
  private placed: Backend | null = null

  /** @throws ShapeError, naming the layer, where layers do not fit */
  constructor(options: NetworkOptions) {
    this.name = options.name
    this.input = options.input
    this.layer = options.layer
    this.seed = options.seed ?? 1
    this.rebuild = options.rebuild
    const blueprint: Blueprint = { random: new Random(this.seed), parameters: [], rows: [], layers: [] }
    const site = new BuildingSite([''], blueprint)
    this.output = inLayer(`model "${this.name}"`, () =>
      this.layer.build({ shape: this.input, sequence: false, kind: 'dense' }, site),
    ).shape
    this.layers = blueprint.layers
    this.all = blueprint.parameters
    this.rows = blueprint.rows
  }

  /** Trained parameters, in PyTorch's order. */
  parameters(): readonly Parameter[] {
    return this.all.filter((p) => p.trained)
  }

  /** Running statistics. */
  buffers(): readonly Parameter[] {
    return this.all.filter((p) => !p.trained)
  }

  /** The neuron of all its layers of spiking neurons; null where they differ, or there are none. */
  get neuron(): Neuron | null {
    const neurons = this.spikingLayers().map(({ neuron }) => neuron)
    const configs = new Set(neurons.map(({ config }) => JSON.stringify(config)))
    return configs.size === 1 ? neurons[0] : null
  }

  /** The neurons of every layer that simulates some, by the layer's path. */
  get neurons(): ReadonlyMap<string, Neuron> {
    const layers = this.layers.filter((layer) => layer instanceof Spiking)
    return new Map(layers.map(({ path, neuron }) => [path, neuron]))
  }

  /**
   * Other neurons in all layers of spiking neurons, which must be of one kind. Weights, BatchNorm and the neurons'
   * surroundings stay as they are; the new ones' learnable parameters start fresh. Not while a tape is open.
   * @throws UsageError where neurons differ from layer to layer, or cannot be exchanged
   */
  exchange(neuron: Neuron): void {
    if (!this.neuron) {
      throw new UsageError({
        what: `model "${this.name}" has no neuron that could be exchanged`,
        expected: 'layers of spiking neurons, all of one kind',
        next: 'Build a network with the other neurons.',
      })
    }
    for (const layer of this.spikingLayers()) {
      for (const parameter of layer.exchange(neuron)) {
        parameter.unplace()
        this.all.splice(this.all.indexOf(parameter), 1)
      }
    }
    if (this.placed) for (const parameter of this.all) parameter.place(this.placed)
    if (!this.rebuild) return
    const { model, options } = this.rebuild
    this.rebuild = { model, options: { ...options, neuron: neuron.config } }
  }

  private spikingLayers(): Spiking[] {
    return this.layers.filter((layer) => layer instanceof Spiking).filter(({ neuron }) => neuron.program.levels > 0)
  }

  /** A parameter or buffer by path. @throws UsageError for an unknown one */
  parameter(path: string): Parameter {
    const found = this.all.find((p) => p.path === path)
    if (found) return found
    throw new UsageError({
      what: `model "${this.name}" has no parameter "${path}"`,
      next: suggestion(
        path,
        this.all.map((p) => p.path),
      ),
    })
  }

  /** The backend that holds the parameters, or null. */
  get backend(): Backend | null {
    return this.placed
  }

  /** Uploads parameters and buffers; from another backend they move, trained values and all. */
  async place(backend: Backend): Promise<void> {
    if (this.placed === backend) return
    await this.pull()
    for (const p of this.all) p.place(backend)
    this.placed = backend
  }

  /** Reads the device's parameters and buffers back into their host values. */
  async pull(): Promise<void> {
    for (const p of this.all) await p.pull()
  }

  /** Releases the device's copies; host values stay as last pulled. */
  unplace(): void {
    for (const p of this.all) p.unplace()
    this.placed = null
  }

  /**
   * Logits of every step.
   * @param x [T, N, ...input], or [1, N, ...input] for a frame that every step repeats
   * @returns [T, N, ...output]
   * @throws ShapeError, naming the layer
   */
  forward(x: Tensor, run: Run): Tensor {
    return inLayer(`model "${this.name}"`, () => {
      this.checkInput(x, run.T)
      return this.layer.forward(x, run)
    })
  }

  /**
   * One step of a stream, in evaluation mode. The given state stays as it is; release it when it is no longer needed.
   * @param frame [1, N, ...input]
   * @param state what the step before returned, or null at the start
   * @returns output [1, N, ...output] and the state for the next step; both belong to the caller
   */
  step(frame: Tensor, state: NetworkState | null): { output: Tensor; state: NetworkState } {
    const backend = this.placed
    if (!backend) throw new UsageError({ what: `model "${this.name}" is on no backend`, next: 'Call place() first.' })
    const position = state?.position ?? 0
    const next = new Map()
    const stream = { position, given: state?.states ?? new Map(), next }
    const output = this.forward(frame, { backend, tape: null, training: false, T: 1, key: 0, stream })
    return { output, state: { position: position + 1, states: next } }
  }

  /** Releases what a stream's state holds. */
  releaseState(state: NetworkState): void {
    for (const handles of state.states.values()) for (const handle of handles) this.placed?.release(handle)
  }

  /**
   * A stream that is fed frame by frame and keeps the state itself.
   * @param options `samples`: streams side by side, default 1
   */
  stream({ samples = 1 }: { readonly samples?: number } = {}): NetworkStream {
    return new NetworkStream(this, samples)
  }

  /** Shapes, parameters, bytes and operations, a row for each layer, and a table to print. */
  summary(options: { T: number; batch: number }): LayerSummary {
    return summaryOf(this.name, this.rows, options)
  }

  get config(): NetworkConfig {
    const own = { name: this.name, input: this.input, seed: this.seed }
    return this.rebuild ? { ...own, ...this.rebuild } : { ...own, layer: this.layer.config() }
  }

  private checkInput(x: Tensor, T: number): void {
    const steps = x.shape[0] === T || x.shape[0] === 1
    if (steps && sameShape(x.shape.slice(2), this.input)) return
    throw new ShapeError({
      what: "the input does not have the network's shape",
      expected: `[${T} or 1, N, ${this.input.join(', ')}]`,
      got: shapeText(x.shape),
    })
  }
}
