import { sizeOf } from '../../base/index.ts'
import { compileAdjoint, compileForward, lastStepReached, type Program, parameterIndex } from '../../equations/index.ts'
import type { Handle, NeuronCall, NeuronGradients, NeuronResult, SavedNeuron } from '../backend.ts'
import { denseOf, type HostHandle, type Memory, valuesOf } from './memory.ts'
import { normalise, normaliseBackward, type Statistics, statistics, vectorsOf } from './normalisation.ts'

/** One neuron layer at work: the frame of all loops below. */
interface Layer {
  readonly program: Program
  readonly T: number
  /** Neurons, N H W C. */
  readonly size: number
  readonly channels: number
  readonly parameters: readonly Float64Array[]
  /** Currents after BatchNorm, [T or 1, size]. */
  readonly current: Float64Array
  /** Start states, each [size], or null. */
  readonly start: readonly Float64Array[] | null
}

function layerOf(memory: Memory, x: HostHandle, current: Float64Array, call: NeuronCall): Layer {
  return {
    program: call.neuron.program,
    T: call.T,
    size: sizeOf(x.shape.slice(1)),
    channels: x.shape[x.shape.length - 1],
    parameters: call.parameters.map((p) => denseOf(memory.open(p))),
    current,
    start: call.state?.map((s) => valuesOf(memory.open(s))) ?? null,
  }
}

/** Fills what one neuron reads at step t beside its state: returns the current. */
function inputsAt(layer: Layer, i: number, t: number, parameters: Float64Array): number {
  const c = i % layer.channels
  layer.program.parameters.forEach((p, k) => {
    parameters[k] = layer.parameters[k][parameterIndex(p, t, c, layer.channels)]
  })
  return layer.current[(layer.current.length > layer.size ? t * layer.size : 0) + i]
}

function startStates(layer: Layer, i: number, states: Float64Array): void {
  layer.program.states.forEach((s, k) => {
    states[k] = layer.start ? layer.start[k][i] : s.start
  })
}

function takeNext(program: Program, values: Float64Array, states: Float64Array): void {
  program.states.forEach((s, k) => {
    states[k] = values[s.next]
  })
}

export function neuron(memory: Memory, x: HostHandle, call: NeuronCall): NeuronResult {
  const { current, saved } = currents(memory, x, call)
  const layer = layerOf(memory, x, current, call)
  const shape = [call.T, ...x.shape.slice(1)]
  const { program, size } = layer
  const output = new Float64Array(program.spiking ? 0 : size * call.T)
  const bytes = new Uint8Array(program.spiking ? size * call.T : 0)
  const last = program.states.map(() => new Float64Array(call.wantState ? size : 0))
  const run = compileForward(program)
  const values = new Float64Array(program.instructions.length)
  const states = new Float64Array(program.states.length)
  const parameters = new Float64Array(program.parameters.length)
  const spikeByte = spikeByteOf(program)
  for (let i = 0; i < size; i++) {
    startStates(layer, i, states)
    for (let t = 0; t < call.T; t++) {
      run(values, inputsAt(layer, i, t, parameters), states, parameters)
      takeNext(program, values, states)
      if (program.spiking) bytes[t * size + i] = spikeByte(values)
      else output[t * size + i] = values[program.output]
    }
    for (let k = 0; call.wantState && k < last.length; k++) last[k][i] = states[k]
  }
  return {
    output: program.spiking ? memory.spikes(shape, bytes, 1) : memory.wrap(shape, output),
    state: call.wantState ? last.map((l) => memory.wrap(x.shape.slice(1), l)) : null,
    saved: call.wantBackward ? { handles: saved } : release(memory, saved),
  }
}

function release(memory: Memory, handles: readonly Handle[]): null {
  for (const handle of handles) memory.release(handle)
  return null
}

/** Bit 0: the spike; bit 1: its argument lies in the surrogate's window. */
function spikeByteOf(program: Program): (values: Float64Array) => number {
  const argument = program.instructions[program.output].args[0]
  const window = program.window ?? Number.POSITIVE_INFINITY
  return (values) => (values[program.output] !== 0 ? 1 : 0) | (Math.abs(values[argument]) <= window ? 2 : 0)
}

/** What the neurons receive: x, or x after BatchNorm with the statistics that backward will need. */
function currents(memory: Memory, x: HostHandle, call: NeuronCall): { current: Float64Array; saved: Handle[] } {
  const values = valuesOf(x)
  if (!call.normalisation) return { current: values, saved: [] }
  const vectors = vectorsOf(memory, call.normalisation)
  const s = statistics(values, x.shape, call.T, call.normalisation, vectors)
  const shape = [s.mean.length]
  return {
    current: normalise(values, s, vectors),
    saved: [memory.wrap(shape, s.mean), memory.wrap(shape, s.inverse)],
  }
}

export function neuronBackward(
  memory: Memory,
  x: HostHandle,
  saved: SavedNeuron,
  gradient: HostHandle,
  state: readonly Handle[] | null,
  call: NeuronCall,
): NeuronGradients {
  const values = valuesOf(x)
  const norm = call.normalisation
  const vectors = norm ? vectorsOf(memory, norm) : null
  const [mean, inverse] = saved.handles.map((h) => denseOf(memory.open(h)))
  const kept: Statistics = { mean, inverse }
  const layer = layerOf(memory, x, vectors ? normalise(values, kept, vectors) : values, call)
  const result = throughTime(layer, call, denseOf(gradient), state?.map((s) => valuesOf(memory.open(s))) ?? null)
  const through = norm && vectors ? normaliseBackward(values, result.current, kept, vectors, norm.training) : null
  return {
    input: memory.wrap(x.shape, through?.input ?? result.current),
    parameters: result.parameters.map((p, k) => memory.wrap(call.parameters[k].shape, p)),
    normalisation: through && {
      weight: memory.wrap([through.weight.length], through.weight),
      bias: memory.wrap([through.bias.length], through.bias),
    },
    state: call.state ? result.start.map((s) => memory.wrap(x.shape.slice(1), s)) : null,
  }
}

interface TimeGradients {
  /** dL/d(current), summed over T where one frame was repeated. */
  readonly current: Float64Array
  readonly parameters: Float64Array[]
  /** dL/d(start states). */
  readonly start: Float64Array[]
}

/**
 * Runs each neuron forward, keeping its states, then its adjoint from the last step to the first. Where gradients are
 * truncated, the way back starts anew whenever the last step that is reached moves.
 */
function throughTime(
  layer: Layer,
  call: NeuronCall,
  gradient: Float64Array,
  last: readonly Float64Array[] | null,
): TimeGradients {
  const { program, size, T } = layer
  const { adjoint } = call.neuron
  const count = program.states.length
  const forward = compileForward(program)
  const backward = compileAdjoint(program, adjoint)
  const values = new Float64Array(program.instructions.length + adjoint.instructions.length)
  const parameters = new Float64Array(program.parameters.length)
  const history = Array.from({ length: T + 1 }, () => new Float64Array(count))
  const stateGradients = new Float64Array(count)
  const result: TimeGradients = {
    current: new Float64Array(layer.current.length),
    parameters: layer.parameters.map((p) => new Float64Array(p.length)),
    start: program.states.map(() => new Float64Array(size)),
  }
  const back = (t: number, i: number) => {
    forward(values, inputsAt(layer, i, t, parameters), history[t], parameters)
    backward(values, gradient[t * size + i], stateGradients)
    for (let k = 0; k < count; k++) stateGradients[k] = values[adjoint.states[k]]
  }
  for (let i = 0; i < size; i++) {
    startStates(layer, i, history[0])
    for (let t = 0; t < T; t++) {
      forward(values, inputsAt(layer, i, t, parameters), history[t], parameters)
      takeNext(program, values, history[t + 1])
    }
    let reached = -1
    for (let t = T - 1; t >= 0; t--) {
      const end = lastStepReached(t, T, call.truncation ?? null)
      if (end !== reached) {
        for (let k = 0; k < count; k++) stateGradients[k] = end === T - 1 && last ? last[k][i] : 0
        for (let later = end; later > t; later--) back(later, i)
        reached = end
      }
      back(t, i)
      result.current[(layer.current.length > size ? t * size : 0) + i] += values[adjoint.input]
      adjoint.parameters.forEach((id, k) => {
        const at = parameterIndex(program.parameters[k], t, i % layer.channels, layer.channels)
        result.parameters[k][at] += values[id]
      })
    }
    for (let k = 0; k < count; k++) result.start[k][i] = stateGradients[k]
  }
  return result
}
