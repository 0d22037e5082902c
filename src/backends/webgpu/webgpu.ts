import { ResourceError, ShapeError, shapeText, sizeOf } from '../../base/index.ts'
import type { Backend, Handle } from '../backend.ts'
import { closable } from '../closable.ts'
import { checked } from '../operations.ts'
import { convolution, convolutionBackward } from './convolution.ts'
import { Device } from './device.ts'
import type { GpuAdapter, GpuInfo } from './gpu-adapter.ts'
import { runNeuron, runNeuronBackward } from './neuron-layer.ts'
import { pool, poolBackward } from './pooling.ts'
import { activity, add, concat, dropout, slice, sumSteps } from './sequence.ts'
import type { GpuTensor } from './tensors.ts'
import { accumulate, adamW, clamp, clipNorm, loss, scale, sgd } from './training.ts'
import type { TuningStore } from './tuning-store.ts'

export interface WebGpuOptions {
  /** Most bytes of tensors at once. Default: 4 GiB; WebGPU does not tell how much a device has. */
  readonly memoryBytes?: number
  /** Whether the adapter is a program on the CPU; default: what it says of itself. */
  readonly software?: boolean
  /** Where tiles that were measured on the device are kept; null: nothing is measured. Default: until it is closed. */
  readonly tuning?: TuningStore | null
  /**
   * `mixed`: sequences of images, that is activations and their gradients, are stored as float16, and so are the operands of
   * products; sums, parameters, statistics, loss and optimiser are float32. Needs `shader-f16`. Default: float32.
   */
  readonly precision?: 'float32' | 'mixed'
}

/** Keeps nothing beyond the device. */
const forgetful: TuningStore = { load: () => ({}), save: () => {} }

/** Features that kernels can use, where the adapter has them. */
const usefulFeatures = ['timestamp-query', 'subgroups', 'shader-f16'] as const

/** Limits that are raised to what the adapter has. */
const raisedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
] as const

/**
 * The float32 backend on a GPU.
 * @param given what `navigator.gpu.requestAdapter()` gave
 * @throws ResourceError where the adapter gives no device
 */
export async function createWebGpu(given: GpuAdapter, options: WebGpuOptions = {}): Promise<Backend> {
  const adapter = given as GPUAdapter
  const features = usefulFeatures.filter((feature) => adapter.features.has(feature))
  const requiredLimits = Object.fromEntries(raisedLimits.map((name) => [name, adapter.limits[name]]))
  let device: GPUDevice
  try {
    device = await adapter.requestDevice({ requiredFeatures: features, requiredLimits })
  } catch (cause) {
    throw new ResourceError({
      what: 'the GPU adapter gives no device',
      got: String(cause),
      next: 'Update the driver, or use --backend wasm.',
      cause,
    })
  }
  const half = options.precision === 'mixed'
  if (half && !features.includes('shader-f16')) {
    device.destroy()
    throw new ResourceError({
      what: 'mixed precision needs float16 in shaders',
      got: `${adapterName(adapter.info)} without shader-f16`,
      next: 'Train in float32.',
    })
  }
  const memoryBytes = options.memoryBytes ?? 2 ** 32
  const d = new Device(device, {
    memoryBytes,
    software: options.software ?? isSoftware(adapter.info),
    half,
    adapter: `${adapterName(adapter.info)}${half ? ', mixed' : ''}`,
    tuning: options.tuning === undefined ? forgetful : options.tuning,
  })
  return closable(
    checked(backendOn(d, adapterName(adapter.info), half ? ['mixed', ...features] : features, memoryBytes)),
  )
}

/** What people call an adapter. */
export function adapterName({ vendor, architecture, description }: GpuInfo): string {
  return description || [vendor, architecture].filter((part) => part !== '').join(' ') || 'unknown adapter'
}

/** SwiftShader, llvmpipe and WARP: adapters that are programs on the CPU. */
export function isSoftware(info: GpuInfo): boolean {
  const fallback = (info as { isFallbackAdapter?: boolean }).isFallbackAdapter === true
  return fallback || /swiftshader|llvmpipe|basic render/i.test(`${info.architecture} ${info.description}`)
}

function backendOn(d: Device, adapter: string, features: readonly string[], memoryBytes: number): Backend {
  const { tensors, machine } = d
  const of = (handle: Handle): GpuTensor => tensors.of(handle)
  const dense = (handle: Handle): GpuTensor => tensors.denseOf(handle)
  const float32 = (handle: Handle): GpuTensor => tensors.float32Of(handle)
  const maybe = (handle: Handle | null): GpuTensor | null => handle && of(handle)
  return {
    info: {
      name: 'webgpu',
      threads: 1,
      features: [adapter, ...features],
      largestTensorBytes: machine.pool.largest,
      memoryBytes,
      ...(d.half ? { float16Images: true } : {}),
    },

    tensor: (shape, values) => tensors.dense(shape, values),
    spikes: (shape, bytes, scaleOfAll) => tensors.spikes(shape, bytes, scaleOfAll),
    write(handle, values) {
      const x = dense(handle)
      if (values.length !== x.size) {
        throw new ShapeError({
          what: 'wrong number of values',
          expected: `${x.size} for ${shapeText(x.shape)}`,
          got: `${values.length}`,
        })
      }
      tensors.write(x, values)
    },
    read: async (handle) => tensors.read(of(handle)),
    async readBytes(handle) {
      const x = of(handle)
      if (x.kind !== 'spikes') {
        throw new ShapeError({ what: 'a spike tensor is needed', got: `dense ${shapeText(x.shape)}` })
      }
      return new Uint8Array(await machine.read(x.block, x.bytes), 0, x.size)
    },
    release: (handle) => tensors.release(handle),
    beginStep: () => tensors.beginStep(),
    endStep() {
      tensors.endStep()
      machine.submit()
    },
    finish: () => machine.finish(),
    peakBytes: () => machine.pool.peak,
    kernelChoices: () => [],
    async close() {
      machine.close()
    },

    conv2d: (x, weight, bias, residual, o) =>
      convolution(d, of(x), dense(weight), bias && float32(bias), maybe(residual), o),
    conv2dBackward: (x, weight, gradient, o, want) =>
      convolutionBackward(d, of(x), dense(weight), dense(gradient), o, want),
    linear(x, weight, bias) {
      const rows = asImages(d, of(x))
      const w = tensors.view(dense(weight), [1, 1, ...weight.shape])
      const shape = [x.shape[0], x.shape[1], weight.shape[1]]
      const stored = tensors.storedAs('dense', shape)
      const made = convolution(d, rows, w, bias && float32(bias), null, pointwise, stored)
      return reshaped(d, made, shape, [rows, w])
    },
    linearBackward(x, weight, gradient, want) {
      const rows = asImages(d, of(x))
      const w = tensors.view(dense(weight), [1, 1, ...weight.shape])
      const g = asImages(d, dense(gradient))
      const made = convolutionBackward(d, rows, w, g, pointwise, want, tensors.storedAs('dense', x.shape))
      const input = made.input && reshaped(d, of(made.input), x.shape, [])
      const changed = made.weight && reshaped(d, of(made.weight), weight.shape, [])
      for (const view of [rows, w, g]) tensors.release(view)
      return { input, weight: changed, bias: made.bias }
    },
    neuron: (x, call) => runNeuron(d, of(x), call),
    neuronBackward: (x, output, saved, gradient, state, call) =>
      runNeuronBackward(d, of(x), of(output), saved, dense(gradient), state, call),
    pool: (x, o) => pool(d, of(x), o),
    poolBackward: (x, gradient, o, want) => poolBackward(d, of(x), dense(gradient), o, want),
    dropout: (x, p, key) => dropout(d, of(x), p, key),
    dropoutBackward: (gradient, p, key) => dropout(d, dense(gradient), p, key),
    add: (a, b) => add(d, of(a), of(b)),
    slice: (x, from, to) => slice(d, of(x), from, to),
    concat: (parts) => concat(d, parts.map(of)),
    reshape: (x, shape) => tensors.view(of(x), shape),
    sumSteps: (x) => sumSteps(d, of(x)),

    loss: (logits, targets, o) => loss(d, dense(logits), float32(targets), o),
    accumulate: (target, source, factor) => accumulate(d, dense(target), of(source), factor),
    scale: (target, factor) => scale(d, dense(target), factor),
    clamp: (target, min, max) => clamp(d, dense(target), min, max),
    clipNorm: (gradients, maxNorm) => clipNorm(d, gradients.map(dense), maxNorm),
    sgd: (parameter, gradient, velocity, o, guards = []) =>
      sgd(d, float32(parameter), float32(gradient), velocity && float32(velocity), guards.map(float32), o),
    adamW: (parameter, gradient, first, second, o, guards = []) =>
      adamW(d, float32(parameter), float32(gradient), float32(first), float32(second), guards.map(float32), o),
    activity: (x, counted = false) => activity(d, of(x), counted),
  }
}

const pointwise = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const

/** [T, N, ...] as images of one pixel. */
function asImages(d: Device, x: GpuTensor): GpuTensor {
  return d.tensors.view(x, [x.shape[0], x.shape[1], 1, 1, sizeOf(x.shape.slice(2))])
}

/** A tensor under another shape; it, and the others, are released. */
function reshaped(d: Device, x: GpuTensor, shape: readonly number[], others: readonly GpuTensor[]): GpuTensor {
  const view = d.tensors.view(x, shape)
  for (const tensor of [x, ...others]) d.tensors.release(tensor)
  return view
}
