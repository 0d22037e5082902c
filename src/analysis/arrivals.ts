import { type Operation, Tape } from '../autograd/index.ts'
import type { Backend, Handle } from '../backends/index.ts'
import { type Shape, sizeOf, suggestion, UsageError } from '../base/index.ts'
import { defineNeuron } from '../equations/index.ts'
import type { Network } from '../nn/index.ts'
import { spiking } from '../ops/index.ts'
import type { Tensor } from '../tensor/index.ts'

/** From where something can reach a neuron: one entry for each input of its field, those that were silent too. */
export interface ArrivalField {
  /** The path of a layer of neurons, or `input`. */
  readonly source: string
  /** Of a step of the source. */
  readonly shape: Shape
  /** At which step each left its source: earlier ones where a layer between keeps something. */
  readonly steps: Int32Array
  /** Where each is in a step of the source. */
  readonly places: Int32Array
  /** What a spike from there adds to the input current. */
  readonly weights: Float64Array
  /** What came from there: 1 for a spike, 0 for none. */
  readonly values: Float64Array
}

/** What reached a neuron at one step. */
export interface StepArrivals {
  /** Its input current, after normalisation. */
  readonly current: number
  /** What came from its sources: the sum of all weights times values. */
  readonly arrived: number
  /** What it receives whoever is silent: biases, and what normalisation subtracts. */
  readonly rest: number
  readonly fields: readonly ArrivalField[]
}

/** What reached one neuron of a network, step by step. */
export interface Arrivals {
  readonly layer: string
  readonly place: number
  readonly steps: readonly StepArrivals[]
  /** Whether the weights are known to hold for any input; not where attention or LayerNorm, say, lie between. */
  readonly fixed: boolean
}

export interface ArrivalOptions {
  readonly T: number
  /** The path of its layer of neurons. */
  readonly layer: string
  /** Where it is in a step of the layer. */
  readonly place: number
}

const identity = defineNeuron({ name: 'identity', equations: 's = x' })()

/** Operations that add up what they are given, each step by itself. */
const ofOneStep = new Set(['conv2d', 'linear', 'pool', 'reshape', 'add', 'concat', 'convTranspose2d'])

/** Operations that do so over several steps. */
const overSteps = new Set(['slice', 'steps', 'temporal'])

/**
 * Which spikes of the layers before, and which inputs, reached one neuron, in evaluation mode. Weights are the derivatives of
 * its input current: what lies between two layers of neurons is a sum, so that they hold exactly.
 * @param x [T, 1, ...], on the network's backend
 * @throws UsageError where there is no such neuron, or its layer runs step by step
 */
export async function arrivals(network: Network, x: Tensor, options: ArrivalOptions): Promise<Arrivals> {
  const { T, layer, place } = options
  const { backend } = network
  if (!backend) throw new UsageError({ what: `model "${network.name}" is on no backend`, next: 'Call place() first.' })
  if (x.shape[0] !== T || x.shape[1] !== 1) {
    throw new UsageError({
      what: 'what reached a neuron is told of one sample, with a frame for every step',
      expected: `[${T}, 1, ...]`,
      got: `[${x.shape.join(', ')}]`,
    })
  }
  const whole = await walkBack(network, backend, x, options, null)
  const { walked } = whole
  const fixed = walked.every((name) => ofOneStep.has(name) || overSteps.has(name))
  const single = walked.every((name) => ofOneStep.has(name))
  const steps: StepArrivals[] = []
  for (let t = 0; t < T; t++) {
    // Where something is kept between steps, each has a field that reaches back from it.
    const one = single ? whole : await walkBack(network, backend, x, options, t)
    const fields = one.sources.map((source) => fieldOf(source, single ? t : null))
    const arrived = fields.reduce((sum, { weights, values }) => weights.reduce((a, w, i) => a + w * values[i], sum), 0)
    const current = one.currents[t]
    steps.push({ current, arrived, rest: current - arrived, fields })
  }
  return { layer, place, steps, fixed }
}

/** A tape on which gradients go no further than chosen tensors, and that names what they went through. */
class EndingTape extends Tape {
  readonly walked: string[] = []
  private readonly ends = new Set<Tensor>()

  /** Asks for the gradient of a tensor, and for none of what it was made of. */
  end(tensor: Tensor): void {
    this.ends.add(tensor)
    this.want(tensor)
  }

  override record(operation: Operation): Tensor[] {
    const outputs = super.record({
      ...operation,
      backward: (gradients, need) => {
        if (outputs.some((output) => this.ends.has(output))) return []
        this.walked.push(operation.name)
        return operation.backward(gradients, need)
      },
    })
    return outputs
  }
}

interface Source {
  readonly path: string
  readonly shape: Shape
  /** [T, size] */
  readonly values: ArrayLike<number>
  /** Derivatives of the current of one step, or of the sum of all, [T, size]. */
  readonly weights: ArrayLike<number>
}

interface Walk {
  /** Input currents of the neuron, [T]. */
  readonly currents: Float64Array
  readonly sources: readonly Source[]
  readonly walked: readonly string[]
}

/** @param step of whose current derivatives are taken; null: of the sum over all steps */
async function walkBack(
  network: Network,
  backend: Backend,
  x: Tensor,
  { T, layer, place }: ArrivalOptions,
  step: number | null,
): Promise<Walk> {
  backend.beginStep()
  try {
    const tape = new EndingTape(backend)
    const scope = { backend, tape }
    const input: Tensor = { handle: x.handle, shape: x.shape, tracked: true, leaf: true }
    const outputs = new Map<string, Tensor>([['input', input]])
    let current: Tensor | null = null
    network.forward(input, {
      ...{ ...scope, training: false, T, key: 0 },
      inspect: (path, received, call) => {
        if (path !== layer) return
        if (call.T !== T) throw stepByStep(path)
        // The neuron's own place is taken by one that gives what it receives.
        const probe = { ...call, neuron: identity, parameters: [], state: null, wantState: false, noise: null }
        current = spiking(scope, received, probe).output
      },
      observe: (path, output) => {
        outputs.set(path, output)
        if (path !== layer) tape.end(output)
        // A layer with feedback names its neurons otherwise than itself.
        else if (!current) throw stepByStep(path)
      },
    })
    if (!current) throw unknownLayer(network, layer)
    const { handle, shape }: Tensor = current
    const size = sizeOf(shape.slice(1))
    if (!(Number.isInteger(place) && place >= 0 && place < size)) throw unknownPlace(layer, place, size)
    const values = new Map<string, ArrayLike<number>>()
    for (const [path, output] of outputs) values.set(path, await backend.read(output.handle))
    const all = await backend.read(handle)
    const seed = new Float32Array(T * size)
    for (let t = 0; t < T; t++) if (step === null || t === step) seed[t * size + place] = 1
    const gradients = tape.backward(current, backend.tensor(shape, seed))
    const sources: Source[] = []
    for (const [path, output] of outputs) {
      const gradient = gradients.get(output) as Handle | undefined
      if (!gradient) continue
      const weights = await backend.read(gradient)
      sources.push({ path, shape: output.shape.slice(2), values: values.get(path) ?? [], weights })
    }
    const currents = Float64Array.from({ length: T }, (_, t) => all[t * size + place])
    // The first that was walked is what stood in the neuron's place.
    return { currents, sources, walked: tape.walked.slice(1) }
  } finally {
    backend.endStep()
  }
}

/** @param step the only one at which a source is looked at; null: all */
function fieldOf({ path, shape, values, weights }: Source, step: number | null): ArrivalField {
  const size = sizeOf(shape)
  const [from, to] = step === null ? [0, weights.length] : [step * size, (step + 1) * size]
  const found: number[] = []
  for (let i = from; i < to; i++) if (weights[i] !== 0) found.push(i)
  return {
    source: path,
    shape,
    steps: Int32Array.from(found, (i) => Math.floor(i / size)),
    places: Int32Array.from(found, (i) => i % size),
    weights: Float64Array.from(found, (i) => weights[i]),
    values: Float64Array.from(found, (i) => values[i]),
  }
}

function stepByStep(path: string): UsageError {
  return new UsageError({
    what: `layer "${path}" runs step by step, with feedback from its own spikes`,
    expected: 'a layer whose recursion is its neurons alone',
    next: 'Choose a neuron of another layer.',
  })
}

function unknownLayer(network: Network, layer: string): UsageError {
  return new UsageError({
    what: `model "${network.name}" has no layer of neurons "${layer}"`,
    next: suggestion(layer, network.neurons.keys(), { list: true }),
  })
}

function unknownPlace(layer: string, place: number, size: number): UsageError {
  return new UsageError({
    what: `layer "${layer}" has no neuron ${place}`,
    expected: `a whole number, 0 to ${size - 1}`,
    got: String(place),
  })
}
