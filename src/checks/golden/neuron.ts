import { type Backend, createInterpreter, type Handle, type NeuronCall } from '../../backends/index.ts'
import { compileForward, type Neuron } from '../../equations/index.ts'
import { absoluteDeviation, type Check } from './deviation.ts'
import { neuronOf, numberIn, type Reference, tensorIn } from './reference.ts'

/** Names in the reference, and what the equations' observables call them. */
const observed = { charged_u: 'u#1', u: 'u', m: 'm' } as const

/** Spikes exactly, potentials and gradients to 1e-10, from the evaluator. */
export async function checkNeuron(reference: Reference): Promise<Check[]> {
  const neuron = neuronOf(reference)
  const values = await runNeuron(reference, createInterpreter())
  const against = (what: string, actual: ArrayLike<number>, tolerance: number): Check => ({
    what,
    deviation: absoluteDeviation(actual, tensorIn(reference, what)),
    tolerance,
  })
  const checks = [against('spikes', values.spikes, 0), against('input_gradient', values.input, 1e-10)]
  for (const [name, observable] of Object.entries(observed)) {
    if (reference.tensors[name]) checks.push(against(name, trace(reference, neuron, observable), 1e-10))
  }
  neuron.program.parameters.forEach((p, k) => {
    if (reference.tensors[`gradient.${p.name}`]) {
      checks.push(against(`gradient.${p.name}`, values.parameters[k], 1e-10))
    }
  })
  return checks
}

/** Start values of the neuron's parameters: the reference's own where it has them. */
function startsOf(reference: Reference, neuron: Neuron): ArrayLike<number>[] {
  const T = numberIn(reference, 'T', 12)
  return neuron.program.parameters.map((p) => reference.tensors[`parameter.${p.name}`] ?? [p.start(T)])
}

/** Forward and backward of the reference's neurons on a backend. */
export async function runNeuron(
  reference: Reference,
  backend: Backend,
): Promise<{ spikes: ArrayLike<number>; input: ArrayLike<number>; parameters: ArrayLike<number>[] }> {
  const neuron = neuronOf(reference)
  const T = numberIn(reference, 'T', 12)
  const shape = [T, 1, tensorIn(reference, 'input').length / T]
  const parameters = startsOf(reference, neuron).map((start) => backend.tensor([1], start))
  const call: NeuronCall = {
    neuron,
    T,
    parameters,
    normalisation: null,
    state: null,
    wantState: false,
    wantBackward: true,
  }
  const x = backend.tensor(shape, tensorIn(reference, 'input'))
  const gradient = backend.tensor(shape, tensorIn(reference, 'output_gradient'))
  const { output, saved } = backend.neuron(x, call)
  const gradients = backend.neuronBackward(x, output, saved ?? { handles: [] }, gradient, null, call)
  const read = async (handle: Handle) => backend.read(handle)
  return {
    spikes: await read(output),
    input: await read(gradients.input),
    parameters: await Promise.all(gradients.parameters.map(read)),
  }
}

/** One observable of all neurons over time, [T, N], from the evaluator. */
function trace(reference: Reference, neuron: Neuron, name: string): Float64Array {
  const { program } = neuron
  const input = tensorIn(reference, 'input')
  const N = input.length / numberIn(reference, 'T', 12)
  const parameters = Float64Array.from(startsOf(reference, neuron), (start) => start[0])
  const id = program.observables.find((observable) => observable.name === name)?.value
  if (id === undefined) return new Float64Array(0)
  const step = compileForward(program)
  const values = new Float64Array(program.instructions.length)
  const result = new Float64Array(input.length)
  for (let n = 0; n < N; n++) {
    let states = Float64Array.from(program.states, (state) => state.start)
    for (let at = n; at < input.length; at += N) {
      step(values, input[at], states, parameters)
      result[at] = values[id]
      states = Float64Array.from(program.states, (state) => values[state.next])
    }
  }
  return result
}
