import type { Backend, Handle, Numbers } from '../backends/index.ts'
import { FormatError, suggestion, UsageError } from '../base/index.ts'
import type { Network, Parameter } from '../nn/index.ts'
import type { Optimiser } from './optimiser.ts'

/** What the optimiser remembers, by name: `velocity.fc.weight`. */
export type OptimiserState = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Numbers }>

interface Entry {
  readonly parameter: Parameter
  readonly learningRateFactor: number
  readonly weightDecay: number
  /** Velocity, or first and second moment. */
  readonly memory: readonly Handle[]
}

const memoryNames = { sgd: ['velocity'], adamW: ['first', 'second'] } as const

/** Applies an optimiser to a network's parameters and keeps what it remembers on the backend. */
export class Updates {
  /** Parameters that are updated, in the network's order. */
  readonly parameters: readonly Parameter[]
  /** Updates so far. */
  count = 0
  private readonly backend: Backend
  private readonly optimiser: Optimiser
  private readonly entries: readonly Entry[]

  /**
   * @param freeze names of parameters that stay as they are; `*` stands for any text
   * @throws UsageError for a pattern that fits no parameter, or if nothing is left to train
   */
  constructor(network: Network, backend: Backend, optimiser: Optimiser, freeze: readonly string[] = []) {
    this.backend = backend
    this.optimiser = optimiser
    const frozen = frozenBy(freeze, network)
    const names = optimiser.name === 'sgd' && optimiser.options.momentum === 0 ? [] : memoryNames[optimiser.name]
    this.entries = network.parameters().flatMap((parameter) => {
      const group = optimiser.group(parameter) ?? {}
      if (frozen.has(parameter) || group.frozen) return []
      const { learningRateFactor = 1, weightDecay = optimiser.options.weightDecay } = group
      const memory = names.map(() => backend.tensor(parameter.shape, null))
      return [{ parameter, learningRateFactor, weightDecay, memory }]
    })
    this.parameters = this.entries.map((entry) => entry.parameter)
    if (this.entries.length === 0) throw new UsageError({ what: 'every parameter is frozen: nothing to train' })
  }

  /**
   * One update. A parameter without a gradient stays as it is.
   * @param gradients in the order of `parameters`
   * @param guards where one is not finite, the update changes nothing
   */
  apply(gradients: readonly (Handle | undefined)[], learningRate: number, guards: readonly Handle[] = []): void {
    this.count++
    this.entries.forEach((entry, i) => {
      const gradient = gradients[i]
      if (gradient) this.one(entry, gradient, learningRate * entry.learningRateFactor, guards)
    })
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
    const { bounds } = parameter
    if (optimiser.name === 'sgd') {
      backend.sgd(handle, gradient, memory[0] ?? null, { ...optimiser.options, learningRate, weightDecay }, guards)
    } else {
      const options = { ...optimiser.options, learningRate, weightDecay, update: this.count }
      backend.adamW(handle, gradient, memory[0], memory[1], options, guards)
    }
    if (bounds) backend.clamp(handle, bounds.min ?? Number.NEGATIVE_INFINITY, bounds.max ?? Number.POSITIVE_INFINITY)
  }

  private nameOf(parameter: Parameter, k: number): string {
    return `${memoryNames[this.optimiser.name][k]}.${parameter.path}`
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
    next: 'resume with the optimiser and the frozen parameters that the run was started with',
  })
}
