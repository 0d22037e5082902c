import { accessEnergy, costs45nm, valueBytes } from './energy-costs.ts'
import type { EnergyLayer, NeuronLayer, PoolLayer, SynapticLayer } from './energy-network.ts'
import type { Operations } from './neuron-operations.ts'

/** How often memory is accessed, and how often is calculated. */
export interface AccessCounts {
  readonly accumulates: number
  readonly multiplyAccumulates: number
  readonly inputReads: number
  readonly parameterReads: number
  readonly potentialReads: number
  readonly potentialWrites: number
  readonly outputWrites: number
  readonly addressingAccumulates: number
  readonly addressingMultiplyAccumulates: number
}

/** Energy with memory, picojoules. */
export interface MemoryEnergy {
  readonly potentials: number
  readonly parameters: number
  readonly inOut: number
  readonly operations: number
  readonly addressing: number
}

export const memoryParts = ['potentials', 'parameters', 'inOut', 'operations', 'addressing'] as const

/**
 * Energy with memory of a layer in an inference: accesses cost by the size of their array, spikes are those of all T
 * steps, every state of every neuron is read and written at every step, shortcuts count.
 * @returns picojoules
 * @see Lemaire et al., An Analytical Estimation of Spiking Neural Networks Energy Efficiency, ICONIP 2022
 */
export function correctedEnergy(layer: EnergyLayer, T: number): MemoryEnergy {
  if (layer.kind === 'neurons') return neuronEnergy(layer, T)
  if (layer.kind === 'pool') return poolEnergy(layer, T)
  return layer.spikes ? eventEnergy(layer, T) : denseEnergy(layer, T)
}

const access = (values: number) => accessEnergy(values * valueBytes)

const additions = (count: number) => count * costs45nm.addition

const multiplyAdds = (count: number) => count * (costs45nm.multiplication + costs45nm.addition)

function neuronEnergy({ count, rate, spiking, operations }: NeuronLayer, T: number): MemoryEnergy {
  const steps = T * count
  const spikes = spiking ? steps * rate : 0
  return {
    potentials: steps * (operations.reads + operations.writes) * access(count),
    parameters: 0,
    inOut: (spiking ? spikes : steps) * access(count),
    operations: steps * operationEnergy(operations.perStep) + spikes * operationEnergy(operations.perSpike),
    addressing: 0,
  }
}

function operationEnergy(operations: Operations): number {
  const { addition, multiplication, function: call } = costs45nm
  return operations.additions * addition + operations.multiplications * multiplication + operations.functions * call
}

/** Every value of it is read once, and changes a sum. */
function poolEnergy({ inputs, outputs, activeShare }: PoolLayer, T: number): MemoryEnergy {
  const values = T * inputs * activeShare
  return {
    potentials: 0,
    parameters: 0,
    inOut: values * (access(inputs) + 2 * access(outputs)),
    operations: additions(values),
    addressing: additions(values),
  }
}

/** Each spike adds weights to the potentials that it reaches. */
function eventEnergy(layer: SynapticLayer, T: number): MemoryEnergy {
  const { inputs, outputs, parameters, shortcut } = layer
  const spikes = T * inputs * layer.activeShare
  const { reached, touched } = fanOut(layer)
  const biases = shortcut ? 0 : T * outputs
  const weights = layer.kind === 'residual' ? 0 : spikes * touched
  return {
    potentials: 2 * spikes * touched * access(outputs),
    parameters: (weights + biases) * access(parameters),
    inOut: spikes * access(inputs),
    operations: additions(spikes * reached + biases),
    addressing: additions(spikes * touched) + (layer.kind === 'convolution' ? multiplyAdds(2 * spikes) : 0),
  }
}

/** Outputs that a spike is added to, and those that are looked at for it: of a whole kernel, whatever its stride. */
function fanOut({ kind, kernel, stride, outputChannels, groups, outputs }: SynapticLayer) {
  if (kind === 'residual') return { reached: 1, touched: 1 }
  if (kind === 'linear') return { reached: outputs, touched: outputs }
  const channels = outputChannels / groups
  const reach = kernel.reduce((product, size, axis) => product * Math.ceil(size / stride[axis]), 1)
  return { reached: reach * channels, touched: kernel[0] * kernel[1] * channels }
}

/** Pixels and averages are multiplied, every one; what comes of a static image is read again at every step. */
function denseEnergy(layer: SynapticLayer, T: number): MemoryEnergy {
  const { kind, inputs, outputs, outputChannels, kernel, parameters, shortcut } = layer
  const frames = layer.everyStep ? T : 1
  const products = frames * layer.multiplyAdds
  const biases = shortcut ? 0 : T * outputs
  if (kind === 'residual') {
    return {
      potentials: 2 * T * inputs * access(outputs),
      parameters: 0,
      inOut: T * inputs * access(inputs),
      operations: additions(T * inputs),
      addressing: additions(T * inputs),
    }
  }
  const convolution = kind === 'convolution'
  const inputReads = convolution ? products : frames * inputs
  const kernelValues = convolution ? outputChannels * kernel[0] * kernel[1] : 0
  return {
    potentials: 0,
    parameters: (products + biases) * access(parameters),
    inOut: inputReads * access(inputs) + (frames + T) * outputs * access(outputs),
    operations: multiplyAdds(products) + additions(biases),
    addressing: additions(frames * (inputs + outputs + kernelValues)),
  }
}
