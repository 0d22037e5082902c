import { type Backend, type Handle, type Operation, operationNames, operations, readBy } from '../src/backends/index.ts'
import type { Shape } from '../src/base/index.ts'

export interface FakeBackend {
  readonly backend: Backend
  /** Names of all operations, in order. */
  readonly calls: string[]
  /** Tensors made and not yet released. */
  readonly live: Set<Handle>
  /** Things that must not happen: a tensor used or released after its release. */
  readonly faults: string[]
}

/** A backend that computes nothing: it knows shapes, counts calls and watches lifetimes. */
export function createFakeBackend(): FakeBackend {
  const calls: string[] = []
  const live = new Set<Handle>()
  const faults: string[] = []
  const make = (shape: Shape, kind: Handle['kind'] = 'dense') => {
    const handle = { kind, shape }
    live.add(handle)
    return handle
  }
  const use = (name: string, handles: readonly Handle[]) => {
    calls.push(name)
    for (const h of handles) if (!live.has(h)) faults.push(`${name} uses a released ${h.kind} [${h.shape}]`)
  }
  const layers = operationNames.map((name) => {
    const { check, makes } = operations[name] as unknown as Operation<readonly unknown[], unknown>
    const run = (...args: unknown[]) => {
      check(...args)
      use(name, readBy(name, args))
      const result = makes(...args)
      for (const handle of handlesIn(result)) live.add(handle)
      return result
    }
    return [name, run] as const
  })
  const backend = {
    info: { name: 'fake', threads: 1, features: [] },
    tensor: (shape: Shape) => make(shape),
    spikes: (shape: Shape) => make(shape, 'spikes'),
    write: (h: Handle) => use('write', [h]),
    read: async () => new Float64Array(1),
    readBytes: async () => new Uint8Array(1),
    release: (h: Handle) => {
      if (!live.delete(h)) faults.push(`a second release of [${h.shape}]`)
    },
    beginStep: () => {},
    endStep: () => {},
    finish: async () => {},
    peakBytes: () => 0,
    kernelChoices: () => [],
    close: async () => {},
    ...Object.fromEntries(layers),
  } as unknown as Backend
  return { backend, calls, live, faults }
}

/** Every tensor in the result of an operation, whatever its form. */
function handlesIn(result: unknown): Handle[] {
  if (typeof result !== 'object' || result === null) return []
  if ('shape' in result && 'kind' in result) return [result as Handle]
  return Object.values(result).flatMap(handlesIn)
}
