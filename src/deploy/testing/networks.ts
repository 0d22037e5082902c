import { createInterpreter } from '../../backends/index.ts'
import { hashedUniform, sizeOf } from '../../base/index.ts'
import { defineNeuron, type Neuron } from '../../equations/index.ts'
import { modelNamed, SpikeDrivenAttention } from '../../models/index.ts'
import { clif, lif, noisyLif, plif } from '../../neurons/index.ts'
import {
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  Network,
  Recurrent,
  Residual,
  Sequential,
  Spiking,
} from '../../nn/index.ts'
import { tensorOf } from '../../tensor/index.ts'

/** A neuron of nobody's: two states, an elementary function, a parameter a channel. */
export const ownNeuron = defineNeuron({
  name: 'own',
  constants: { threshold: 0.7 },
  learnable: { w: { start: 0.3, per: 'channel' } },
  equations: `
    u = u * exp(-0.4) + x * sigmoid(w) - 0.2 * a
    a = 0.8 * a + 0.3 * max(u, 0)
    s = spike(u - threshold)
    reset(u)`,
})

export const testedNeurons: { readonly [name: string]: () => Neuron } = { lif, clif, plif, noisyLif }

const image = [10, 9, 2]

function convolutional(neuron: Neuron): Network {
  return new Network({
    name: 'pools',
    input: image,
    layer: new Sequential([
      new Conv2d({ channels: 6, kernelSize: 3, padding: 1, stride: [1, 2] }),
      new Spiking({ neuron, normalisation: 'perStep' }),
      new MaxPool2d({ kernelSize: 3, stride: 2, padding: 1 }),
      new Conv2d({ channels: 8, kernelSize: [3, 2], groups: 2, dilation: [2, 1], padding: 1 }),
      new AvgPool2d({ kernelSize: 2 }),
      new BatchNorm2d(),
      new Spiking({ neuron }),
      new Flatten(),
      new Linear({ features: 5 }),
    ]),
  })
}

function residual(neuron: Neuron): Network {
  const block = (channels: number, stride: number) =>
    new Residual(
      new Sequential([
        new Spiking({ neuron, normalisation: 'perStep' }),
        new Conv2d({ channels, kernelSize: 3, padding: 1, stride, bias: false }),
        new Spiking({ neuron, normalisation: 'perStep' }),
        new Conv2d({ channels, kernelSize: 3, padding: 1 }),
      ]),
      stride === 1 ? null : new Conv2d({ channels, kernelSize: 1, stride }),
    )
  return new Network({
    name: 'small-resnet',
    input: image,
    layer: new Sequential([
      new Conv2d({ channels: 4, kernelSize: 3, padding: 1 }),
      block(4, 1),
      block(6, 2),
      new Spiking({ neuron, normalisation: 'merged' }),
      new Residual(new Spiking({ neuron: ownNeuron() })),
      new AvgPool2d({ kernelSize: [5, 5] }),
      new Linear({ features: 5 }),
    ]),
  })
}

function recurrentNetwork(neuron: Neuron): Network {
  return new Network({
    name: 'recurrent',
    input: [12],
    layer: new Sequential([
      new Linear({ features: 9 }),
      new BatchNorm2d(),
      new Recurrent(new Spiking({ neuron }), new Linear({ features: 9 })),
      new Linear({ features: 4 }),
    ]),
  })
}

/** The five kinds of networks that exports are held to, small. */
export const testedNetworks: { readonly [name: string]: (neuron: Neuron) => Network } = {
  convolutional,
  snn3: (neuron) => modelNamed('snn3')({ input: [9, 11, 2], classes: 10, neuron }),
  residual,
  recurrent: recurrentNetwork,
  own: () => convolutional(ownNeuron()),
  transformer: (neuron) => modelNamed('transformer-small')({ input: [16, 16, 2], classes: 4, neuron }),
  spreading: (neuron) =>
    new Network({
      name: 'spreading',
      input: [6, 5, 4],
      layer: new Sequential([
        new Conv2d({ channels: 8, kernelSize: 3, padding: 1 }),
        new Residual(new SpikeDrivenAttention({ input: image, classes: 2, neuron }, 8, true)),
        new Spiking({ neuron }),
        new Linear({ features: 3 }),
      ]),
    }),
}

/** The network with numbers everywhere, such that all its layers fire. */
export function filled(network: Network, seed = 1): Network {
  let salt = seed
  for (const parameter of [...network.parameters(), ...network.buffers()]) {
    const random = hashedUniform(sizeOf(parameter.shape), salt++)
    const { values } = parameter
    if (parameter.path.endsWith('running_var')) parameter.set(random.map((r) => 0.3 + r))
    else if (parameter.path.endsWith('running_mean')) parameter.set(random.map((r) => 0.3 * r - 0.2))
    else if (parameter.shape.length === 1) parameter.set(random.map((r, i) => values[i] * (0.6 + 0.8 * r) + 0.2 * r))
    else parameter.set(values.map((value) => 2.5 * value))
  }
  return network
}

/** T frames, many of whose numbers are 0. */
export function someFrames(network: Network, T: number, seed = 5): Float32Array[] {
  const size = sizeOf(network.input)
  return Array.from({ length: T }, (_, t) => {
    return Float32Array.from(hashedUniform(size, seed + t), (r) => (r < 0.6 ? 0 : 6 * r - 3))
  })
}

/** Outputs of every step, and the spikes of every layer of neurons, as the interpreter gives them. */
export async function interpreted(
  network: Network,
  frames: readonly Float32Array[],
): Promise<{ outputs: Float64Array[]; spikes: Map<string, Float64Array[]> }> {
  const backend = createInterpreter()
  await network.place(backend)
  const T = frames.length
  const size = sizeOf(network.input)
  const x = new Float64Array(T * size)
  frames.forEach((frame, t) => x.set(frame, t * size))
  const reads: Promise<void>[] = []
  const spikes = new Map<string, Float64Array[]>()
  const cut = (values: ArrayLike<number>): Float64Array[] => {
    const part = values.length / T
    return Array.from({ length: T }, (_, t) => Float64Array.from({ length: part }, (_, i) => values[t * part + i]))
  }
  const output = network.forward(tensorOf(backend, [T, 1, ...network.input], x), {
    backend,
    tape: null,
    training: false,
    T,
    key: 0,
    observe: (path, tensor) => {
      reads.push(backend.read(tensor.handle).then((values) => void spikes.set(path, cut(values))))
    },
  })
  const outputs = cut(await backend.read(output.handle))
  await Promise.all(reads)
  network.unplace()
  await backend.close()
  return { outputs, spikes }
}
