import { ShapeError, shapeText, sizeOf } from '../../base/index.ts'
import type { Backend, Handle } from '../backend.ts'
import { closable } from '../closable.ts'
import type { KernelChoice } from '../kernel-choice.ts'
import { checked } from '../operations.ts'
import { calibrate } from './calibrate.ts'
import { convolution, convolutionBackward } from './convolution.ts'
import { Crew } from './crew.ts'
import { KernelChoices } from './kernel-choice.ts'
import type { KernelTime } from './kernel-time.ts'
import { Machine } from './machine.ts'
import type { NativeCode } from './native.ts'
import { runNeuron, runNeuronBackward } from './neuron-layer.ts'
import { measurePeak, type Peak } from './peak.ts'
import { runPool, runPoolBackward } from './pooling.ts'
import {
  addTensors,
  combineInto,
  concatSteps,
  countActivity,
  dropSteps,
  sliceSteps,
  sumOverSteps,
  withNumbers,
} from './sequence.ts'
import type { WorkerStarter } from './started-worker.ts'
import type { WasmTensor } from './tensors.ts'
import { allFinite, runAdamW, runLoss, runSgd, squaredNorm } from './training.ts'

export interface WasmOptions {
  /** Threads in all. More than one needs a starter and shared memory. */
  readonly threads?: number
  readonly startWorker?: WorkerStarter
  /** Whether fused multiply-add may be used; default: where the host knows it. */
  readonly relaxedSimd?: boolean
  /** The host's door to machine code, used where it is given. */
  readonly native?: NativeCode | null
  /** Most memory, in bytes; up to 4 GiB. */
  readonly memoryBytes?: number
  /** A clock, in seconds: with it, kernels are chosen by what they cost here; else events are taken where they can be. */
  readonly calibrate?: () => number
  /** Choices of kernels to keep to. */
  readonly kernels?: readonly KernelChoice[]
  /** A clock, in seconds: with it, the time of every kernel is kept for `kernelTimes`. */
  readonly now?: () => number
}

export interface WasmBackend extends Backend {
  /** What the host's vector units do at best, measured now. @param now a clock, in seconds */
  measurePeak(now: () => number): Peak
  /** Calls and seconds of each kernel since the last call of this; empty without a clock. */
  kernelTimes(): ReadonlyMap<string, KernelTime>
}

/** (module (func (result v128) relaxed_madd of three zero vectors)) */
const relaxedProbe = Uint8Array.from([
  0,
  97,
  115,
  109,
  1,
  0,
  0,
  0,
  1,
  5,
  1,
  96,
  0,
  1,
  123,
  3,
  2,
  1,
  0,
  10,
  61,
  1,
  59,
  0,
  253,
  12,
  ...Array(16).fill(0),
  253,
  12,
  ...Array(16).fill(0),
  253,
  12,
  ...Array(16).fill(0),
  253,
  133,
  2,
  11,
])

export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedProbe)
}

/** The float32 backend: WebAssembly SIMD on as many threads as given, over one memory. */
export async function createWasm(options: WasmOptions = {}): Promise<WasmBackend> {
  const pages = Math.floor(Math.min(options.memoryBytes ?? 2 ** 32, 2 ** 32) / 65536)
  const crew = await Crew.start(options.threads ?? 1, options.startWorker, pages, options.now, options.native)
  const relaxed = (options.relaxedSimd ?? true) && hasRelaxedSimd()
  const m = new Machine(crew, relaxed, new KernelChoices(options.kernels))
  if (options.calibrate) m.choices.model = calibrate(m, options.calibrate)
  return closable(
    checked<WasmBackend>({
      info: {
        name: 'wasm',
        threads: crew.threads,
        features: [
          'simd128',
          ...(relaxed ? ['relaxed-simd'] : []),
          ...(crew.native ? [crew.native.vectors] : []),
          ...(crew.limits.shared ? ['shared-memory'] : []),
        ],
      },
      close: () => crew.close(),
      ...storageOf(m, crew),
      ...operationsOf(m),
      ...updatesOf(m),
      measurePeak: (now) => measurePeak(m, now),
      kernelTimes() {
        const times = new Map(crew.times)
        crew.times.clear()
        return times
      },
    }),
  )
}

type Storage = 'tensor' | 'spikes' | 'write' | 'read' | 'readBytes' | 'inPlace' | 'release'
type Steps = 'beginStep' | 'endStep' | 'finish' | 'peakBytes' | 'kernelChoices'

/** Tensors and the memory that they take. */
function storageOf(m: Machine, crew: Crew): Pick<WasmBackend, Storage | Steps> {
  const { tensors } = m
  const of = (handle: Handle): WasmTensor => tensors.of(handle)
  const fill = (x: WasmTensor, values: ArrayLike<number>): void => {
    if (values.length !== x.size) {
      throw new ShapeError({
        what: 'wrong number of values',
        expected: `${x.size} for ${shapeText(x.shape)}`,
        got: `${values.length}`,
      })
    }
    changed(x)
    tensors.floats(x).set(values)
  }

  return {
    tensor(shape, values) {
      const made = tensors.make('dense', shape)
      if (values) fill(made, values)
      else m.zero(made)
      return made
    },
    spikes(shape, bytes, scale) {
      if (bytes.length !== sizeOf(shape)) {
        throw new ShapeError({ what: 'wrong number of bytes', expected: `${sizeOf(shape)}`, got: `${bytes.length}` })
      }
      const made = tensors.make('spikes', shape, scale)
      tensors.bytes(made).set(bytes)
      return made
    },
    write: (handle, values) => fill(of(handle), values),
    async read(handle) {
      const x = of(handle)
      if (x.kind === 'dense') return tensors.floats(x).slice()
      if (x.kind === 'spikes') return Float32Array.from(tensors.bytes(x), (byte) => (byte & 1 ? x.scale : 0))
      return withNumbers(m, x, (dense) => tensors.floats(dense).slice())
    },
    readBytes: async (handle) => tensors.bytes(of(handle)).slice(),
    inPlace: (handle) => {
      const x = of(handle)
      changed(x)
      return tensors.floats(x)
    },
    release: (handle) => tensors.release(of(handle)),
    beginStep: () => tensors.begin(),
    endStep: () => tensors.end(),
    finish: async () => {},
    peakBytes: () => crew.arena.peak,
    kernelChoices: () => m.choices.all(),
  }
}

type Layers = 'conv2d' | 'conv2dBackward' | 'linear' | 'linearBackward' | 'neuron' | 'neuronBackward'
type Shapes = 'add' | 'slice' | 'concat' | 'reshape' | 'sumSteps' | 'activity'
type Passes = 'pool' | 'poolBackward' | 'dropout' | 'dropoutBackward'

/** What layers are made of, forward and backward. */
function operationsOf(m: Machine): Pick<WasmBackend, Layers | Passes | Shapes> {
  const { tensors } = m
  const of = (handle: Handle): WasmTensor => tensors.of(handle)
  const handles = (list: readonly Handle[] | null): WasmTensor[] | null => list?.map(of) ?? null
  return {
    conv2d: (x, weight, bias, residual, o, normalised = false) =>
      convolution(m, of(x), of(weight), bias && of(bias), residual && of(residual), o, normalised),
    conv2dBackward: (x, weight, gradient, o, want) => convolutionBackward(m, of(x), of(weight), of(gradient), o, want),
    linear: (x, weight, bias) => {
      const rows = asImages(m, of(x))
      const w = tensors.view(of(weight), [1, 1, ...of(weight).shape])
      const made = convolution(m, rows, w, bias && of(bias), null, pointwise, false)
      for (const view of [rows, w]) tensors.release(view)
      const output = tensors.view(made, [x.shape[0], x.shape[1], w.shape[3]])
      tensors.release(made)
      return output
    },
    linearBackward: (x, weight, gradient, want) => {
      const rows = asImages(m, of(x))
      const w = tensors.view(of(weight), [1, 1, ...of(weight).shape])
      const g = asImages(m, of(gradient))
      const made = convolutionBackward(m, rows, w, g, pointwise, want)
      for (const view of [rows, w, g]) tensors.release(view)
      const shaped = (tensor: WasmTensor | null, shape: readonly number[]) => {
        if (!tensor) return null
        const view = tensors.view(tensor, shape)
        tensors.release(tensor)
        return view
      }
      return { input: shaped(made.input, x.shape), weight: shaped(made.weight, weight.shape), bias: made.bias }
    },
    neuron: (x, call) => withNumbers(m, of(x), (dense) => runNeuron(m, dense, call)),
    neuronBackward: (x, output, saved, gradient, state, call) =>
      withNumbers(m, of(x), (dense) =>
        runNeuronBackward(m, dense, of(output), saved, of(gradient), handles(state), call),
      ),
    pool: (x, o) => runPool(m, of(x), o),
    poolBackward: (x, gradient, o, want) => runPoolBackward(m, of(x), of(gradient), o, want),
    dropout: (x, p, key) => dropSteps(m, of(x), p, key),
    dropoutBackward: (gradient, p, key) => dropSteps(m, of(gradient), p, key),
    add: (a, b) => addTensors(m, of(a), of(b)),
    slice: (x, from, to) => sliceSteps(m, of(x), from, to),
    concat: (parts) => concatSteps(m, parts.map(of)),
    reshape: (x, shape) => tensors.view(of(x), shape),
    sumSteps: (x) => sumOverSteps(m, of(x)),
    activity: (x, counted = false) => countActivity(m, of(x), counted),
  }
}

type Gradients = 'loss' | 'accumulate' | 'scale' | 'clamp' | 'clipNorm'

/** The loss, and what is made of gradients. */
function updatesOf(m: Machine): Pick<WasmBackend, Gradients | 'sgd' | 'adamW'> {
  const { tensors } = m
  const of = (handle: Handle): WasmTensor => tensors.of(handle)
  return {
    loss: (logits, targets, o) => runLoss(m, of(logits), of(targets), o),
    accumulate(target, source, factor) {
      const [t, s] = [of(target), of(source)]
      changed(t)
      combineInto(
        m,
        t.size,
        t.address,
        { tensor: t, address: t.address, factor: 1 },
        { tensor: s, address: s.address, factor },
      )
    },
    scale(target, factor) {
      const t = of(target)
      changed(t)
      combineInto(m, t.size, t.address, { tensor: t, address: t.address, factor }, null)
    },
    clamp(target, min, max) {
      const t = of(target)
      changed(t)
      const values = tensors.floats(t)
      for (let i = 0; i < values.length; i++) values[i] = Math.min(Math.max(values[i], min), max)
    },
    clipNorm(gradients, maxNorm) {
      const norm = Math.sqrt(gradients.reduce((sum, g) => sum + squaredNorm(m, of(g)), 0))
      if (norm > maxNorm) {
        for (const g of gradients) {
          const t = of(g)
          combineInto(m, t.size, t.address, { tensor: t, address: t.address, factor: maxNorm / (norm + 1e-6) }, null)
        }
      }
      const made = tensors.make('dense', [1])
      tensors.floats(made)[0] = norm
      return made
    },
    sgd(parameter, gradient, velocity, o, guards = []) {
      if (allFinite(m, guards.map(of))) runSgd(m, of(parameter), of(gradient), velocity && of(velocity), o)
    },
    adamW(parameter, gradient, first, second, o, guards = []) {
      if (allFinite(m, guards.map(of))) runAdamW(m, of(parameter), of(gradient), of(first), of(second), o)
    },
  }
}

/** Sums that were taken of a tensor hold no longer. */
function changed(x: WasmTensor): void {
  x.columnSums = null
}

const pointwise = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const

/** [T, N, ...] as images of one pixel. */
function asImages(m: Machine, x: WasmTensor): WasmTensor {
  return m.tensors.view(x, [x.shape[0], x.shape[1], 1, 1, sizeOf(x.shape.slice(2))])
}
