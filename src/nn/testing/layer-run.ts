import { Tape } from '../../autograd/index.ts'
import { type Backend, createInterpreter, createWasm } from '../../backends/index.ts'
import { hashedUniform, type Shape, sizeOf } from '../../base/index.ts'
import { parameterTensor } from '../../tensor/index.ts'
import { networkFromConfig } from '../config.ts'
import type { Layer } from '../layer.ts'
import { Network } from '../network.ts'

/** A layer, and the size of what it is run on. */
export interface LayerCase {
  readonly layer: () => Layer
  /** [T, N, ...frame]. */
  readonly shape: Shape
  readonly T?: number
  readonly training?: boolean
}

export interface LayerRun {
  readonly values: Float64Array
  readonly shape: Shape
  /** Of x and of every trained parameter, by path. */
  readonly gradients: ReadonlyMap<string, Float64Array>
  readonly network: Network
}

type Given = ReadonlyMap<string, Float64Array>

const spread = (size: number, seed: number) => Float64Array.from(hashedUniform(size, seed), (v) => 2 * v - 0.7)

function networkOf({ layer, shape }: LayerCase): Network {
  return new Network({ name: 'one', input: shape.slice(2), layer: layer() })
}

const everyParameter = (network: Network) => [...network.parameters(), ...network.buffers()]

/** Uneven values for x and for all parameters, whose own starts are too even to show faults. */
export function givenFor(one: LayerCase): Given {
  const given = new Map([['x', spread(sizeOf(one.shape), 1)]])
  const network = networkOf(one)
  for (const [i, { path, values, trained }] of everyParameter(network).entries()) {
    const drawn = spread(values.length, i + 2)
    if (path.endsWith('running_var'))
      given.set(
        path,
        drawn.map((v) => v * v + 0.5),
      )
    else given.set(path, trained || path.endsWith('running_mean') ? drawn : Float64Array.from(values))
  }
  return given
}

/** The layer's output, and gradients of its values' sum, each weighted by a number of its own. */
export async function layerRun(backend: Backend, one: LayerCase, given: Given): Promise<LayerRun> {
  const built = networkOf(one)
  const network = networkFromConfig(JSON.parse(JSON.stringify(built.config)))
  for (const parameter of everyParameter(network)) parameter.set(given.get(parameter.path)!)
  await network.place(backend)
  const { shape, T = shape[0], training = true } = one
  const x = parameterTensor(backend.tensor(shape, given.get('x')!))
  const tape = new Tape(backend)
  const y = network.forward(x, { backend, tape, training, T, key: 0 })
  const values = Float64Array.from(await backend.read(y.handle))
  const gradients = tape.backward(y, backend.tensor(y.shape, weightsOf(values.length)))
  const found = new Map<string, Float64Array>()
  const trained = network.parameters().filter((p) => p.trained)
  for (const [path, leaf] of [['x', x] as const, ...trained.map((p) => [p.path, p.on(backend)] as const)]) {
    const handle = gradients.get(leaf)
    if (handle) found.set(path, Float64Array.from(await backend.read(handle)))
  }
  await network.pull()
  return { values, shape: y.shape, gradients: found, network }
}

const weightsOf = (size: number) => hashedUniform(size, 99).map((w) => 2 * w - 1)

/** Largest difference of two lists, divided by the largest value of the second, or by 1 if that is less. */
export function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, size] = [a.length === b.length ? 0 : Number.POSITIVE_INFINITY, 1]
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]))
    size = Math.max(size, Math.abs(b[i]))
  }
  return worst / size
}

/** Backward against central finite differences, of x and every trained parameter, in float64; the largest deviation. */
export async function layerGradients(one: LayerCase, step = 1e-6): Promise<number> {
  const backend = createInterpreter()
  const given = givenFor(one)
  const { gradients, values } = await layerRun(backend, one, given)
  const weights = weightsOf(values.length)
  const projected = async (path: string, i: number, by: number) => {
    const moved = new Map(given).set(path, given.get(path)!.with(i, given.get(path)![i] + by))
    const run = await layerRun(backend, one, moved)
    return run.values.reduce((sum, value, k) => sum + value * weights[k], 0)
  }
  let worst = 0
  for (const [path, gradient] of gradients) {
    const difference: number[] = []
    for (let i = 0; i < gradient.length; i++)
      difference.push(((await projected(path, i, step)) - (await projected(path, i, -step))) / (2 * step))
    worst = Math.max(worst, apart(gradient, difference))
  }
  await backend.close()
  return worst
}

/** A backend against the interpreter: the largest deviation of output, gradients and running statistics. */
export async function layerBackends(one: LayerCase, open: () => Promise<Backend> = createWasm): Promise<number> {
  const given = new Map([...givenFor(one)].map(([path, values]) => [path, Float64Array.from(values, Math.fround)]))
  const backends = [createInterpreter(), await open()]
  const [reference, run] = await Promise.all(backends.map((backend) => layerRun(backend, one, given)))
  const deviations = [apart(run.values, reference.values)]
  for (const [path, gradient] of reference.gradients) deviations.push(apart(run.gradients.get(path) ?? [], gradient))
  for (const { path, values } of everyParameter(reference.network))
    deviations.push(apart(run.network.parameter(path).values, values))
  for (const backend of backends) await backend.close()
  return Math.max(...deviations)
}
