import type { Backend, Handle, Numbers } from '../backends/index.ts'
import { FormatError, suggestion, UsageError } from '../base/index.ts'
import type { Network, Parameter } from '../nn/index.ts'
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

  /**
   * @param freeze names of parameters that stay as they are; `*` stands for any text
   * @throws UsageError for a pattern that fits no parameter, or if nothing is left to train
   */
  constructor(
    network: Network,
    backend: Backend,
    given: Optimiser | OwnOptimiser | OwnStep | AnyOptimiser,
    freeze: readonly string[] = [],
  ) {
    const optimiser = 'own' in given ? given : asOptimiser(given)
    this.backend = backend
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
  }

  /**
   * One update. A parameter without a gradient stays as it is. Of an optimiser of a program's own, the update is made once
   * the promise is kept.
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
    return undefined
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
      await ownUpdate(backend, optimiser, { parameter, gradient, memory }, at)
      this.keepWithin(parameter)
    }
  }

  /** What is remembered, read back. */
  async state(): Promise<OptimiserState> {
    const state = new Map<string, { shape: readonly number[]; values: Numbers }>()
    for (const { parameter, memory } of this.entries) {
      for (const [k, handle] of memory.entries()) {
        state.set(this.nameOf(parameter, k), { shape: parameter.shape, values: await this.backend.read(handle) })
      }
    }
    return state
  }

  /**
   * Goes on from a saved state.
   * @param fresh whether what the state lacks starts anew, as parameters do that were not there before
   * @throws FormatError if it lacks a part
   */
  restore(state: OptimiserState, count: number, fresh = false): void {
    for (const { parameter, memory } of this.entries) {
      for (const [k, handle] of memory.entries()) {
        const name = this.nameOf(parameter, k)
        const saved = state.get(name)
        if (!saved && fresh) continue
        if (!saved) throw lacking(name, this.optimiser.name)
        this.backend.write(handle, saved.values)
      }
    }
    this.count = count
  }

  /** Releases what is remembered. */
  release(): void {
    for (const { memory } of this.entries) for (const handle of memory) this.backend.release(handle)
  }

  private one(
    { parameter, weightDecay, memory }: Entry,
    gradient: Handle,
    learningRate: number,
    guards: readonly Handle[],
  ): void {
    const { backend, optimiser } = this
    const { handle } = parameter.on(backend)
    if ('own' in optimiser) return
    if (optimiser.name === 'sgd') {
      backend.sgd(handle, gradient, memory[0] ?? null, { ...optimiser.options, learningRate, weightDecay }, guards)
    } else {
      const options = { ...optimiser.options, learningRate, weightDecay, update: this.count }
      backend.adamW(handle, gradient, memory[0], memory[1], options, guards)
    }
    this.keepWithin(parameter)
  }

  private keepWithin(parameter: Parameter): void {
    const { backend } = this
    if (!parameter.bounds) return
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = parameter.bounds
    backend.clamp(parameter.on(backend).handle, min, max)
  }

  private nameOf(parameter: Parameter, k: number): string {
    return `${this.names[k]}.${parameter.path}`
  }
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
