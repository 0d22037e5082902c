import type { Backend, Handle, Numbers } from '../backends/index.ts'
import { FormatError, suggestion, UsageError } from '../base/index.ts'
import { type Network, type Parameter, roundedWeights, type WholeType } from '../nn/index.ts'
import { type AnyOptimiser, asOptimiser, type Optimiser } from './optimiser.ts'
import { type OwnOptimiser, type OwnStep, ownUpdate } from './own-optimiser.ts'

/** What the optimiser remembers, by name: `velocity.fc.weight`. */
export type OptimiserState = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Numbers }>

interface Entry {
  readonly parameter: Parameter
  readonly learningRateFactor: number
  readonly weightDecay: number
  /** Velocity, or first and second moment. */
  readonly memory: readonly Handle[]
}

/** How a state calls the exact weights. */
const exactName = 'exact'

/** What an optimiser remembers of each parameter. */
function memoryNames(optimiser: AnyOptimiser): readonly string[] {
  if ('own' in optimiser) return Array.from({ length: optimiser.remembers }, (_, k) => `memory${k}`)
  if (optimiser.name === 'adamW') return ['first', 'second']
  return optimiser.options.momentum === 0 ? [] : ['velocity']
}

/** Applies an optimiser to a network's parameters and keeps what it remembers on the backend. */
export class Updates {
  /** Parameters that are updated, in the network's order. */
  readonly parameters: readonly Parameter[]
  /** Updates so far. */
  count = 0
  private readonly backend: Backend
  private readonly optimiser: AnyOptimiser
  private readonly names: readonly string[]
  private readonly entries: readonly Entry[]
  private readonly quantise: WholeType | null
  /** The exact weights, where the network computes with rounded ones: what updates change. */
  private readonly exact: ReadonlyMap<Parameter, Handle>

  /**
   * @param freeze names of parameters that stay as they are; `*` stands for any text
   * @param quantise the network computes with the weights of convolutions and linear layers as whole numbers of this type
   * times a scale for each output channel, as an exported one does. Their gradients go to the exact weights, as if nothing
   * had been rounded.
   * @throws UsageError for a pattern that fits no parameter, or if nothing is left to train
   */
  constructor(
    network: Network,
    backend: Backend,
    given: Optimiser | OwnOptimiser | OwnStep | AnyOptimiser,
    freeze: readonly string[] = [],
    quantise: WholeType | null = null,
  ) {
    const optimiser = 'own' in given ? given : asOptimiser(given)
    this.backend = backend
    this.quantise = quantise
    this.optimiser = optimiser
    this.names = memoryNames(optimiser)
    const frozen = frozenBy(freeze, network)
    this.entries = network.parameters().flatMap((parameter) => {
      const group = optimiser.group(parameter) ?? {}
      if (frozen.has(parameter) || group.frozen) return []
      const { learningRateFactor = 1, weightDecay = Number(optimiser.options.weightDecay) } = group
      const memory = this.names.map(() => backend.tensor(parameter.shape, null))
      return [{ parameter, learningRateFactor, weightDecay, memory }]
    })
    this.parameters = this.entries.map((entry) => entry.parameter)
    if (this.entries.length === 0) throw new UsageError({ what: 'every parameter is frozen: nothing to train' })
    const rounded = quantise ? network.parameters().filter(isWeight) : []
    this.exact = new Map(rounded.map((parameter) => [parameter, backend.tensor(parameter.shape, parameter.values)]))
    for (const parameter of rounded) this.round(parameter, parameter.values)
  }

  /**
   * One update. A parameter without a gradient stays as it is. Of an optimiser of a program's own, and of weights that are
   * rounded, the update is made once the promise is kept.
   * @param gradients in the order of `parameters`
   * @param guards where one is not finite, the update changes nothing
   */
  apply(
    gradients: readonly (Handle | undefined)[],
    learningRate: number,
    guards: readonly Handle[] = [],
  ): Promise<void> | undefined {
    this.count++
    if ('own' in this.optimiser) return this.applyOwn(gradients, learningRate, guards)
    this.entries.forEach((entry, i) => {
      const gradient = gradients[i]
      if (gradient) this.one(entry, gradient, learningRate * entry.learningRateFactor, guards)
    })
    return this.quantise ? this.roundAll() : undefined
  }

  private async roundAll(): Promise<void> {
    const rounding = Array.from(this.exact, async ([parameter, exact]) => {
      this.round(parameter, await this.backend.read(exact))
    })
    await Promise.all(rounding)
  }

  private round(parameter: Parameter, values: Numbers): void {
    const { shape } = parameter
    if (this.quantise) parameter.set(roundedWeights(values, shape[shape.length - 1], this.quantise))
  }

  private async applyOwn(
    gradients: readonly (Handle | undefined)[],
    learningRate: number,
    guards: readonly Handle[],
  ): Promise<void> {
    const { backend, optimiser, count: update } = this
    if (!('own' in optimiser)) return
    const guarded = await Promise.all(guards.map((guard) => backend.read(guard)))
    if (!guarded.every((values) => values.every(Number.isFinite))) return
    for (const [i, { parameter, learningRateFactor, memory }] of this.entries.entries()) {
      const gradient = gradients[i]
      const at = { learningRate: learningRate * learningRateFactor, update }
      if (!gradient) continue
      const handle = this.updated(parameter)
      await ownUpdate(backend, optimiser, { path: parameter.path, handle, gradient, memory }, at)
      this.keepWithin(parameter)
    }
    if (this.quantise) await this.roundAll()
  }

  /** What is remembered, read back. */
  async state(): Promise<OptimiserState> {
    const state = new Map<string, { shape: readonly number[]; values: Numbers }>()
    for (const [name, { parameter, handle }] of this.remembered()) {
      state.set(name, { shape: parameter.shape, values: await this.backend.read(handle) })
    }
    return state
  }

  /**
   * Goes on from a saved state.
   * @param fresh whether what the state lacks starts anew, as parameters do that were not there before
   * @throws FormatError if it lacks a part
   */
  restore(state: OptimiserState, count: number, fresh = false): void {
    for (const [name, { parameter, handle, isExact }] of this.remembered()) {
      const saved = state.get(name)
      if (!saved && fresh) continue
      if (!saved) throw lacking(name, this.optimiser.name)
      this.backend.write(handle, saved.values)
      if (isExact) this.round(parameter, saved.values)
    }
    this.count = count
  }

  /** Releases what is remembered. */
  release(): void {
    for (const { handle } of this.remembered().values()) this.backend.release(handle)
  }

  /** All that is kept beside the parameters, by the names of a state. */
  private remembered(): Map<string, { parameter: Parameter; handle: Handle; isExact: boolean }> {
    const memories = this.entries.flatMap(({ parameter, memory }) =>
      memory.map((handle, k) => ({ name: this.names[k], parameter, handle, isExact: false })),
    )
    const exact = Array.from(this.exact, ([parameter, handle]) => ({
      name: exactName,
      parameter,
      handle,
      isExact: true,
    }))
    return new Map([...memories, ...exact].map(({ name, ...one }) => [`${name}.${one.parameter.path}`, one]))
  }

  private one(
    { parameter, weightDecay, memory }: Entry,
    gradient: Handle,
    learningRate: number,
    guards: readonly Handle[],
  ): void {
    const { backend, optimiser } = this
    const handle = this.updated(parameter)
    if ('own' in optimiser) return
    if (optimiser.name === 'sgd') {
      backend.sgd(handle, gradient, memory[0] ?? null, { ...optimiser.options, learningRate, weightDecay }, guards)
    } else {
      const options = { ...optimiser.options, learningRate, weightDecay, update: this.count }
      backend.adamW(handle, gradient, memory[0], memory[1], options, guards)
    }
    this.keepWithin(parameter)
  }

  /** What updates change of a parameter. */
  private updated(parameter: Parameter): Handle {
    return this.exact.get(parameter) ?? parameter.on(this.backend).handle
  }

  private keepWithin(parameter: Parameter): void {
    const { backend } = this
    if (!parameter.bounds) return
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = parameter.bounds
    backend.clamp(parameter.on(backend).handle, min, max)
  }
}

/** Whether a parameter is the weight of a convolution or of a linear layer. */
function isWeight({ layout }: Parameter): boolean {
  return layout.kind !== 'same'
}

function frozenBy(patterns: readonly string[], network: Network): Set<Parameter> {
  const all = network.parameters()
  const frozen = new Set<Parameter>()
  for (const pattern of patterns) {
    const parts = pattern.split('*').map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    const expression = new RegExp(`^${parts.join('.*')}$`)
    const found = all.filter(({ path }) => expression.test(path))
    if (found.length === 0) throw noSuchParameter(pattern, all)
    for (const parameter of found) frozen.add(parameter)
  }
  return frozen
}

function noSuchParameter(pattern: string, all: readonly Parameter[]): UsageError {
  const paths = all.map(({ path }) => path)
  return new UsageError({
    what: `freeze: no parameter fits '${pattern}'`,
    next: suggestion(pattern, paths) ?? `Parameters are named like '${paths[0]}'; '*' stands for any text.`,
  })
}

function lacking(name: string, optimiser: string): FormatError {
  return new FormatError({
    what: `the checkpoint lacks '${name}', which ${optimiser} needs`,
    next: 'Resume with the optimiser and the frozen parameters that the run was started with.',
  })
}
