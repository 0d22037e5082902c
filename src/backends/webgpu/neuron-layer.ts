import { sizeOf } from '../../base/index.ts'
import { wgsl } from '../../codegen/index.ts'
import { hasChannels, hasNeurons, type Neuron } from '../../equations/index.ts'
import type { Handle, NeuronCall, NeuronGradients, NeuronResult, SavedNeuron } from '../backend.ts'
import type { Device } from './device.ts'
import { groupsOf, type Moments, momentsOf, normalisationBackward, tableOf } from './normalisation.ts'
import type { Block } from './pool.ts'
import { sumRows } from './sums.ts'
import type { GpuTensor, Stored } from './tensors.ts'

/** What a neuron's kernels depend on, as text; made once a neuron. */
const names = new WeakMap<Neuron, string>()

function nameOf(neuron: Neuron): string {
  let name = names.get(neuron)
  if (name === undefined) {
    name = JSON.stringify([neuron.program, neuron.adjoint])
    names.set(neuron, name)
  }
  return name
}

/** One layer of neurons at work. */
interface Layer {
  readonly x: GpuTensor
  readonly call: NeuronCall
  /** Neurons, N H W C. */
  readonly size: number
  readonly channels: number
  /** Neurons of one invocation: 4 or 1. */
  readonly width: number
  readonly options: Omit<wgsl.NeuronKernelOptions, 'last' | 'result'>
  readonly values: { readonly [field: string]: number }
}

function layerOf(x: GpuTensor, call: NeuronCall, groups: number | null): Layer {
  const { T, neuron } = call
  const channels = x.shape[x.shape.length - 1]
  const width = channels % 4 === 0 ? 4 : 1
  const size = sizeOf(x.shape.slice(1))
  const places = wgsl.parameterPlaces(neuron.program, T, x.shape.slice(2))
  return {
    x,
    call,
    size,
    channels,
    width,
    options: {
      neuron,
      T,
      wide: width === 4,
      x: x.stored,
      repeated: x.shape[0] < T,
      table: groups === null ? null : groups === 1 ? 'one' : 'step',
      given: call.state !== null && neuron.program.states.length > 0,
      noisy: Boolean(call.noise),
    },
    values: {
      columns: channels / width,
      groups: groups ?? 0,
      frame: sizeOf(x.shape.slice(2)) / width,
      noiseKey: call.noise?.key ?? 0,
      noiseStep: call.noise?.step ?? 0,
      xScale: x.scale,
      ...Object.fromEntries(places.map(({ at }, i) => [`parameter${i}`, at])),
    },
  }
}

/** Values of several tensors one after another, where there are any. */
function packed(d: Device, handles: readonly Handle[]): GpuTensor | null {
  if (handles.length === 0) return null
  const parts = handles.map((handle) => d.tensors.of(handle))
  const target = d.tensors.make('dense', [parts.reduce((sum, part) => sum + part.size, 0)])
  let at = 0
  for (const part of parts) {
    if (part.stored !== 'dense') {
      const values = d.tensors.zeros('dense', part.shape, 1, 'dense')
      const source = { source: part.block, result: values.block }
      d.over(`accumulate ${part.stored} dense`, () => wgsl.accumulateKernel(part.stored), part.size, source, {
        factor: 1,
        sourceScale: part.scale,
      })
      d.machine.copy(values.block, 0, target.block, 4 * at, 4 * part.size)
      d.tensors.release(values)
    } else d.machine.copy(part.block, 0, target.block, 4 * at, 4 * part.size)
    at += part.size
  }
  return target
}

/** Tensors of `shape` from rows of `size` values, from row `first` on. */
function unpacked(d: Device, block: Block, first: number, shapes: readonly (readonly number[])[]): GpuTensor[] {
  let at = first
  return shapes.map((shape) => {
    const part = d.tensors.make('dense', shape)
    d.machine.copy(block, 4 * at, part.block, 0, 4 * part.size)
    at += part.size
    return part
  })
}

const blocksOf = (named: { readonly [name: string]: GpuTensor | null }): { [name: string]: Block } =>
  Object.fromEntries(Object.entries(named).flatMap(([name, x]) => (x ? [[name, x.block]] : [])))

function releaseAll(d: Device, list: readonly (GpuTensor | null)[]): void {
  for (const x of list) if (x) d.tensors.release(x)
}

function run(
  d: Device,
  layer: Layer,
  direction: 'forward' | 'backward',
  last: boolean,
  stored: { readonly result: Stored; readonly gradient?: Stored },
  blocks: { [name: string]: Block },
) {
  const truncation = direction === 'backward' ? (layer.call.truncation ?? null) : null
  const options = { ...layer.options, ...stored, last, truncation }
  const { neuron, ...rest } = options
  const key = `neuron ${direction} ${JSON.stringify(rest)} ${nameOf(neuron)}`
  const emit = direction === 'forward' ? wgsl.neuronForward : wgsl.neuronBackward
  d.over(key, () => emit(options), layer.size / layer.width, blocks, layer.values)
}

export function runNeuron(d: Device, x: GpuTensor, call: NeuronCall): NeuronResult {
  const { program } = call.neuron
  const norm = call.normalisation
  const layer = layerOf(x, call, norm && groupsOf(x, norm))
  const moments = norm && momentsOf(d, x, call.T, norm)
  const table = norm && moments && tableOf(d, moments, norm)
  const shape = [call.T, ...x.shape.slice(1)]
  const kind = program.spiking ? 'spikes' : 'dense'
  const output = program.spiking && layer.width === 1 ? d.tensors.zeros(kind, shape) : d.tensors.make(kind, shape)
  const learned = packed(d, call.parameters)
  const given = layer.options.given ? packed(d, call.state ?? []) : null
  const wanted = call.wantState && program.states.length > 0
  const lastStates = wanted ? d.tensors.make('dense', [program.states.length, layer.size]) : null
  const blocks = blocksOf({ x, table, learned, given, result: output, lastStates })
  run(d, layer, 'forward', wanted, { result: output.stored }, blocks)
  const frame = x.shape.slice(1)
  const states = program.states.map(() => frame)
  const state = call.wantState ? (lastStates ? unpacked(d, lastStates.block, 0, states) : []) : null
  releaseAll(d, [table, learned, given, lastStates])
  if (moments && !call.wantBackward) d.tensors.release(moments.tensor)
  return { output, state, saved: call.wantBackward ? { handles: moments ? [moments.tensor] : [] } : null }
}

export function runNeuronBackward(
  d: Device,
  x: GpuTensor,
  output: GpuTensor,
  saved: SavedNeuron,
  gradient: GpuTensor,
  state: readonly Handle[] | null,
  call: NeuronCall,
): NeuronGradients {
  const { program } = call.neuron
  const norm = call.normalisation
  const groups = norm && groupsOf(x, norm)
  const layer = layerOf(x, call, groups)
  const moments: Moments | null = groups === null ? null : { tensor: d.tensors.of(saved.handles[0]), groups }
  const table = norm && moments && tableOf(d, moments, norm)
  const target = d.tensors.make('dense', x.shape)
  const learned = packed(d, call.parameters)
  const given = layer.options.given ? packed(d, call.state ?? []) : null
  const after = state && program.states.length > 0 ? packed(d, state) : null
  const rows = wgsl.extraRows(program, call.T)
  const shares = rows.reduce((sum, row) => sum + row.rows, 0)
  const states = layer.options.given ? program.states.length : 0
  const extra = shares + states > 0 ? d.tensors.make('dense', [shares + states, layer.size]) : null
  const bytes = program.spiking ? output : null
  run(
    d,
    layer,
    'backward',
    after !== null,
    { result: target.stored, gradient: gradient.stored },
    blocksOf({ x, table, learned, given, bytes, gradient, after, result: target, extra }),
  )
  const parameters = program.parameters.map((_, k) => parameterGradient(d, layer, k, extra as GpuTensor, rows[k]))
  const frame = x.shape.slice(1)
  const shapes = program.states.map(() => frame)
  const start = call.state ? (extra ? unpacked(d, extra.block, shares * layer.size, shapes) : []) : null
  const normalisation =
    norm && moments && table ? normalisationBackward(d, x, target, moments, table, norm.training) : null
  releaseAll(d, [table, learned, given, after, extra])
  return { input: target, parameters, normalisation, state: start }
}

/** Sums a parameter's shares of all neurons. */
function parameterGradient(
  d: Device,
  { size, channels, call }: Layer,
  index: number,
  extra: GpuTensor,
  { at, rows }: { at: number; rows: number },
): GpuTensor {
  const { shape } = call.parameters[index]
  const parameter = call.neuron.program.parameters[index]
  const whole = hasNeurons(parameter)
  const part = d.tensors.make('dense', [rows, size])
  d.machine.copy(extra.block, 4 * at * size, part.block, 0, 4 * rows * size)
  const sums = sumRows(d, part, rows, whole ? shape : [rows, channels])
  d.tensors.release(part)
  if (whole) return sums
  if (hasChannels(parameter)) {
    const gradient = d.tensors.view(sums, shape)
    d.tensors.release(sums)
    return gradient
  }
  const total = sumRows(d, { block: sums.block, stored: 'dense', scale: 1, size: sums.size }, rows, [rows, 1])
  d.tensors.release(sums)
  const gradient = d.tensors.view(total, shape)
  d.tensors.release(total)
  return gradient
}
