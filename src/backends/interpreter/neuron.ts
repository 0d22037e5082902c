import { sizeOf } from '../../base/index.ts'
import { byName, evaluateGradient, neuronRun, type Program, type SequenceOptions } from '../../equations/index.ts'
import type { Handle, NeuronCall, NeuronGradients, NeuronResult, SavedNeuron } from '../backend.ts'
import { denseOf, type HostHandle, type Memory, valuesOf } from './memory.ts'
import { normalise, normaliseBackward, type Statistics, statistics, vectorsOf } from './normalisation.ts'

/** The call as the equations' evaluator takes it. */
function optionsOf(memory: Memory, { neuron, T, parameters, state, noise }: NeuronCall): SequenceOptions {
  const values = (handles: readonly Handle[]) => handles.map((handle) => valuesOf(memory.open(handle)))
  const { program } = neuron
  return {
    T,
    noise: noise ?? null,
    parameters: byName(program.parameters, values(parameters)),
    ...(state ? { states: byName(program.states, values(state)) } : {}),
  }
}

/** One frame as often as there are steps, a sequence as it is. */
function overSteps(current: Float64Array, T: number, size: number): Float64Array {
  if (current.length === T * size) return current
  const repeated = new Float64Array(T * size)
  for (let t = 0; t < T; t++) repeated.set(current, t * size)
  return repeated
}

export function neuron(memory: Memory, x: HostHandle, call: NeuronCall): NeuronResult {
  const { current, saved } = currents(memory, x, call)
  const frame = x.shape.slice(1)
  const shape = [call.T, ...frame]
  const size = sizeOf(frame)
  const { program } = call.neuron
  const output = new Float64Array(program.spiking ? 0 : size * call.T)
  const bytes = new Uint8Array(program.spiking ? size * call.T : 0)
  const last = program.states.map(() => new Float64Array(call.wantState ? size : 0))
  const run = neuronRun(call.neuron, overSteps(current, call.T, size), optionsOf(memory, call))
  const spikeByte = spikeByteOf(program)
  for (let i = 0; i < size; i++) {
    run.start(i)
    for (let t = 0; t < call.T; t++) {
      run.forward(t, i)
      run.advance()
      if (program.spiking) bytes[t * size + i] = spikeByte(run.values)
      else output[t * size + i] = run.values[program.output]
    }
    for (let k = 0; call.wantState && k < last.length; k++) last[k][i] = run.states[k]
  }
  return {
    output: program.spiking ? memory.spikes(shape, bytes, 1) : memory.wrap(shape, output),
    state: call.wantState ? last.map((l) => memory.wrap(frame, l)) : null,
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
  const current = vectors ? normalise(values, kept, vectors) : values
  const { states, parameters } = call.neuron.program
  const size = sizeOf(x.shape.slice(1))
  const last = state?.map((handle) => valuesOf(memory.open(handle)))
  const result = evaluateGradient(call.neuron, overSteps(current, call.T, size), denseOf(gradient), {
    ...optionsOf(memory, call),
    ...(last ? { stateGradients: byName(states, last) } : {}),
    truncation: call.truncation ?? null,
  })
  const input = summedSteps(result.input, current.length)
  const through = norm && vectors ? normaliseBackward(values, input, kept, vectors, norm) : null
  return {
    input: memory.wrap(x.shape, through?.input ?? input),
    parameters: parameters.map(({ name }, k) => memory.wrap(call.parameters[k].shape, result.parameters[name])),
    normalisation: through && {
      weight: memory.wrap([through.weight.length], through.weight),
      bias: memory.wrap([through.bias.length], through.bias),
    },
    state: call.state ? states.map(({ name }) => memory.wrap(x.shape.slice(1), result.states[name])) : null,
  }
}

/** Gradients of a repeated frame, summed over its steps from the last to the first; those of a sequence as they are. */
function summedSteps(gradient: Float64Array, length: number): Float64Array {
  if (gradient.length === length) return gradient
  const sum = new Float64Array(length)
  for (let at = gradient.length - length; at >= 0; at -= length)
    for (let i = 0; i < length; i++) sum[i] += gradient[at + i]
  return sum
}
