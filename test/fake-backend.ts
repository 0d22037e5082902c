import type { Backend, Handle, NeuronCall } from '../src/backends/index.ts'
import type { Shape } from '../src/base/index.ts'
import { conv2dShape, poolShape } from '../src/ops/index.ts'

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
  const use = (name: string, ...handles: (Handle | null | undefined)[]) => {
    calls.push(name)
    for (const h of handles) if (h && !live.has(h)) faults.push(`${name} uses a released ${h.kind} [${h.shape}]`)
  }
  const parts = (call: NeuronCall) => [...call.parameters, ...(call.state ?? []), call.normalisation?.weight]
  const layer = (name: string, x: Handle, weight: Handle, g: Handle, want: { input: string }) => {
    use(name, x, weight, g)
    const input = want.input === 'none' ? null : make(x.shape)
    return { input, weight: make(weight.shape), bias: make([g.shape[g.shape.length - 1]]) }
  }
  const same = (name: string, kind?: Handle['kind']) => (x: Handle) => {
    use(name, x)
    return make(x.shape, kind ?? x.kind)
  }
  const backend: Backend = {
    info: { name: 'fake', threads: 1, features: [] },
    tensor: (shape) => make(shape),
    spikes: (shape) => make(shape, 'spikes'),
    write: (h) => use('write', h),
    read: async () => new Float64Array(1),
    readBytes: async () => new Uint8Array(1),
    release: (h) => {
      if (!live.delete(h)) faults.push(`a second release of [${h.shape}]`)
    },
    beginStep: () => {},
    endStep: () => {},
    finish: async () => {},
    peakBytes: () => 0,
    kernelChoices: () => [],
    close: async () => {},
    conv2d: (x, weight, bias, residual, o) => {
      use('conv2d', x, weight, bias, residual)
      return make([x.shape[0], x.shape[1], ...conv2dShape(x.shape.slice(2), weight.shape, o)])
    },
    conv2dBackward: (x, weight, g, _, want) => layer('conv2dBackward', x, weight, g, want),
    linear: (x, weight, bias) => {
      use('linear', x, weight, bias)
      return make([x.shape[0], x.shape[1], weight.shape[1]])
    },
    linearBackward: (x, weight, g, want) => layer('linearBackward', x, weight, g, want),
    neuron: (x, call) => {
      use('neuron', x, ...parts(call))
      const state = call.neuron.program.states.map(() => make(x.shape.slice(1)))
      if (!call.wantState) for (const s of state) live.delete(s)
      return {
        output: make([call.T, ...x.shape.slice(1)], call.neuron.program.spiking ? 'spikes' : 'dense'),
        state: call.wantState ? state : null,
        saved: call.wantBackward ? { handles: [make([1])] } : null,
      }
    },
    neuronBackward: (x, output, saved, g, state, call) => {
      use('neuronBackward', x, output, g, ...saved.handles, ...(state ?? []), ...parts(call))
      const n = call.normalisation
      return {
        input: make(x.shape),
        parameters: call.parameters.map((p) => make(p.shape)),
        normalisation: n && { weight: make(n.weight.shape), bias: make(n.bias.shape) },
        state: call.state?.map((s) => make(s.shape)) ?? null,
      }
    },
    pool: (x, o) => {
      use('pool', x)
      return make([x.shape[0], x.shape[1], ...poolShape(x.shape.slice(2), o)])
    },
    poolBackward: (x, g) => {
      use('poolBackward', x, g)
      return make(x.shape)
    },
    dropout: same('dropout'),
    dropoutBackward: same('dropoutBackward'),
    add: (a, b) => {
      use('add', a, b)
      return make(a.shape[0] >= b.shape[0] ? a.shape : b.shape)
    },
    slice: (x, from, to) => {
      use('slice', x)
      return make([to - from, ...x.shape.slice(1)], x.kind)
    },
    concat: (list) => {
      use('concat', ...list)
      return make([list.reduce((sum, x) => sum + x.shape[0], 0), ...list[0].shape.slice(1)], list[0].kind)
    },
    reshape: (x, shape) => {
      use('reshape', x)
      return make(shape, x.kind)
    },
    sumSteps: (x) => {
      use('sumSteps', x)
      return make([1, ...x.shape.slice(1)])
    },
    loss: (logits, targets) => {
      use('loss', logits, targets)
      return { loss: make([1]), gradient: make(logits.shape) }
    },
    accumulate: (target, source) => use('accumulate', target, source),
    scale: (target) => use('scale', target),
    clipNorm: (gradients) => {
      use('clipNorm', ...gradients)
      return make([1])
    },
    sgd: (p, g, v) => use('sgd', p, g, v),
    adamW: (p, g, first, second) => use('adamW', p, g, first, second),
    activity: (x) => {
      use('activity', x)
      return make([2])
    },
  }
  return { backend, calls, live, faults }
}
