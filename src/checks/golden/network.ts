import { Tape } from '../../autograd/index.ts'
import type { Backend, Handle, SgdOptions } from '../../backends/index.ts'
import { FormatError, sizeOf } from '../../base/index.ts'
import { tetLoss } from '../../losses/index.ts'
import { modelNamed } from '../../models/index.ts'
import { activityObserver, type Network } from '../../nn/index.ts'
import { loss } from '../../ops/index.ts'
import { inputTensor, type Tensor, tensorOf } from '../../tensor/index.ts'
import { firstLossScale } from '../../train/index.ts'
import { neuronOf, numberIn, type Reference, tensorIn } from './reference.ts'
import { fillHashed, hashedImages } from './start-values.ts'

/** What a reference file holds, as a backend computes it. */
export interface NetworkValues {
  readonly logits: Float64Array
  /** 2-norm of each parameter's gradient. */
  readonly gradientNorms: Float64Array
  readonly firingRates: Float64Array
  /** Loss of each update. */
  readonly losses: Float64Array
  /** Sum over steps after all updates, in evaluation mode. */
  readonly evalLogits: Float64Array
  /** Spike bytes of each neuron layer and update, in order of computation. */
  readonly spikes: readonly Uint8Array[]
}

/** What a reference was made with; what its metadata leave out has the generator's default. */
interface Setting {
  readonly T: number
  readonly batch: number
  readonly size: number
  readonly channels: number
  readonly classes: number
  readonly sgd: SgdOptions
}

function settingOf(reference: Reference): Setting {
  const number = (name: string, otherwise: number) => numberIn(reference, name, otherwise)
  return {
    T: number('T', 4),
    batch: number('B', 4),
    size: number('size', 32),
    channels: number('cin', 3),
    classes: number('classes', 10),
    sgd: {
      learningRate: number('lr', 0.05),
      momentum: number('momentum', 0.9),
      nesterov: false,
      weightDecay: number('weight_decay', 5e-5),
    },
  }
}

/** The network of a reference file with its start values. @throws FormatError where parameters are named otherwise */
export function networkOf(reference: Reference): Network {
  const { size, channels, classes, T } = settingOf(reference)
  const input = [size, size, channels]
  const network = modelNamed(reference.metadata.model)({ input, classes, neuron: neuronOf(reference), T })
  checkNames(network, reference)
  fillHashed(network)
  return network
}

function checkNames(network: Network, reference: Reference): void {
  if (reference.metadata.parameters === undefined) return
  const names = network.parameters().map((p) => p.path)
  const expected = JSON.parse(reference.metadata.parameters) as string[]
  const wrong = expected.findIndex((name, i) => name !== names[i])
  if (wrong >= 0 || names.length !== expected.length) {
    throw new FormatError({
      what: 'the network has other parameters than the reference',
      place: reference.name,
      expected: `${expected.length} parameters${wrong >= 0 ? `, "${expected[wrong]}" at ${wrong}` : ''}`,
      got: `${names.length}${wrong >= 0 ? `, "${names[wrong]}"` : ''}`,
    })
  }
}

/** Trains the reference's network as the reference was made, for at most `updates` updates. */
export async function runNetwork(reference: Reference, backend: Backend, updates: number): Promise<NetworkValues> {
  const network = networkOf(reference)
  await network.place(backend)
  const setting = settingOf(reference)
  const { T, batch, size, channels, classes } = setting
  const labels = Array.from({ length: batch }, (_, i) => (3 * i) % classes)
  const rule = tetLoss()
  const x = tensorOf(backend, [1, batch, size, size, channels], hashedImages(batch, size, channels))
  const targets = tensorOf(backend, [batch, classes], rule.targets(labels, classes))
  const velocities = network.parameters().map((p) => backend.tensor(p.shape, null))

  const lossScale = firstLossScale(backend.info)?.scale ?? 1
  let first: Pick<NetworkValues, 'logits' | 'gradientNorms' | 'firingRates'> | null = null
  const losses: number[] = []
  const spikes: Promise<Uint8Array>[] = []
  for (let update = 0; update < updates; update++) {
    backend.beginStep()
    const tape = new Tape(backend)
    const activity = activityObserver({ backend })
    const observe = (path: string, output: Tensor, levels: number) => {
      activity.observe(path, output, levels)
      if (output.handle.kind === 'spikes') spikes.push(backend.readBytes(output.handle))
    }
    const logits = network.forward(x, { backend, tape, training: true, T, key: update, observe })
    await backend.finish()
    tape.keep(logits)
    const value = loss({ backend, tape }, logits, targets, rule.options(T), lossScale)
    tape.keep(value)
    const gradients = tape.backward(value)
    const handles = network.parameters().map((p) => gradients.get(p.on(backend)) as Handle)
    if (lossScale !== 1) for (const handle of handles) backend.scale(handle, 1 / lossScale)
    losses.push((await backend.read(value.handle))[0])
    first ??= {
      logits: Float64Array.from(await backend.read(logits.handle)),
      gradientNorms: Float64Array.from(await norms(backend, handles)),
      firingRates: Float64Array.from(await activity.rates(), (r) => r.firingRate),
    }
    network.parameters().forEach((p, i) => {
      backend.sgd(p.on(backend).handle, handles[i], velocities[i], setting.sgd)
    })
    backend.endStep()
  }
  const evalLogits = await evaluate(network, backend, x.handle, T)
  for (const handle of [x.handle, targets.handle, ...velocities]) backend.release(handle)
  network.unplace()
  return {
    ...(first as NonNullable<typeof first>),
    losses: Float64Array.from(losses),
    evalLogits,
    spikes: await Promise.all(spikes),
  }
}

async function evaluate(network: Network, backend: Backend, x: Handle, T: number): Promise<Float64Array> {
  const output = network.forward(inputTensor(x), { backend, tape: null, training: false, T, key: 0 })
  const values = await backend.read(output.handle)
  backend.release(output.handle)
  const sum = new Float64Array(sizeOf(output.shape.slice(1)))
  for (let i = 0; i < values.length; i++) sum[i % sum.length] += values[i]
  return sum
}

async function norms(backend: Backend, handles: readonly Handle[]): Promise<number[]> {
  const result: number[] = []
  for (const handle of handles) {
    let squares = 0
    for (const value of await backend.read(handle)) squares += value ** 2
    result.push(Math.sqrt(squares))
  }
  return result
}

/** Positions of parameters whose gradient is 0 but for rounding: biases that a BatchNorm right behind takes away. */
export function cancelledByNorm(reference: Reference): boolean[] {
  const norms = tensorIn(reference, 'gradient_norms')
  let largest = 0
  for (const value of norms) largest = Math.max(largest, value)
  const negligible = reference.double ? 1e-10 : 1e-4
  return Array.from(norms, (value) => value < negligible * largest)
}
