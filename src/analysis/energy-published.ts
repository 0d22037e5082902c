import { accessEnergyOfScript, costs45nm } from './energy-costs.ts'
import type { AccessCounts, MemoryEnergy } from './energy-memory.ts'
import type { EnergyLayer, NeuronLayer, SynapticLayer } from './energy-network.ts'

/** How much more a neuron does than LIF in the published script. */
interface Factors {
  readonly leak: number
  readonly reset: number
  readonly reads: number
  readonly writes: number
  readonly addressing: number
}

/**
 * LIF has 1 everywhere; CLIF 3, 3, 4, 2, 2. Both follow from the neuron's program: multiplications of a step, additions
 * at a spike, and the states, squared for the reads. Other neurons get the same rule.
 */
function factorsOf({ operations }: NeuronLayer): Factors {
  const states = Math.max(1, operations.states)
  return {
    leak: operations.perStep.multiplications,
    reset: operations.perSpike.additions,
    reads: states * states,
    writes: states,
    addressing: states,
  }
}

/**
 * Accesses and operations of convolutions and linear layers as the script behind the published table counts them;
 * shortcuts are left out, spikes are those of one step, a kernel reaches floor(k / stride) outputs each way.
 * @see Huang et al. 2024, Table 7
 */
export function publishedCounts(layers: readonly EnergyLayer[], T: number): ReadonlyMap<string, AccessCounts> {
  const neurons = layers.filter((layer) => layer.kind === 'neurons')
  const last = neurons[neurons.length - 1]
  const counted = layers.filter((layer): layer is SynapticLayer => 'shortcut' in layer && !layer.shortcut)
  return new Map(
    counted.map((layer) => {
      const neuron = layer.behind ?? last
      return [layer.path, neuron?.spiking ? spikingCounts(layer, factorsOf(neuron), T) : denseCounts(layer)]
    }),
  )
}

function spikingCounts(layer: SynapticLayer, factors: Factors, T: number): AccessCounts {
  const { kind, inputs, outputs, outputChannels, kernel, stride } = layer
  const spikesIn = inputs * layer.inputRate
  const spikesOut = outputs * layer.outputRate
  const convolution = kind === 'convolution'
  const reach = kernel.reduce((product, size, axis) => product * Math.floor(size / stride[axis]), 1)
  const reached = convolution ? outputChannels * kernel[0] * kernel[1] : outputs
  const touched = spikesIn * reached + outputs
  return {
    multiplyAccumulates: factors.leak * T * outputs,
    accumulates: convolution
      ? spikesIn * reach * outputChannels + T * outputs + factors.reset * spikesOut
      : spikesIn * inputs * outputs + factors.reset * T * spikesOut,
    inputReads: spikesIn,
    parameterReads: touched,
    potentialReads: factors.reads * (convolution ? touched : (spikesIn + 1) * spikesOut),
    potentialWrites: factors.writes * touched,
    outputWrites: spikesOut,
    addressingMultiplyAccumulates: convolution ? factors.addressing * 2 * spikesIn : 0,
    addressingAccumulates: factors.addressing * spikesIn * reached,
  }
}

function denseCounts({ kind, inputs, outputs, outputChannels, kernel, multiplyAdds }: SynapticLayer): AccessCounts {
  const convolution = kind === 'convolution'
  return {
    multiplyAccumulates: multiplyAdds,
    accumulates: outputs,
    inputReads: convolution ? multiplyAdds : inputs,
    parameterReads: multiplyAdds + outputs,
    potentialReads: 0,
    potentialWrites: 0,
    outputWrites: outputs,
    addressingMultiplyAccumulates: 0,
    addressingAccumulates: inputs + outputs + (convolution ? outputChannels * kernel[0] * kernel[1] : 0),
  }
}

/** Energies of the layers; the price of an access depends on the sum over all of them. */
export function publishedEnergies(counts: ReadonlyMap<string, AccessCounts>): ReadonlyMap<string, MemoryEnergy> {
  const price = (of: (one: AccessCounts) => number) =>
    accessEnergyOfScript([...counts.values()].reduce((sum, one) => sum + of(one), 0))
  const prices = {
    inputReads: price((one) => one.inputReads),
    parameterReads: price((one) => one.parameterReads),
    potentialReads: price((one) => one.potentialReads),
    potentialWrites: price((one) => one.potentialWrites),
    outputWrites: price((one) => one.outputWrites),
  }
  const { addition } = costs45nm
  const multiplyAdd = costs45nm.multiplication + addition
  return new Map(
    [...counts].map(([path, one]) => [
      path,
      {
        potentials: one.potentialReads * prices.potentialReads + one.potentialWrites * prices.potentialWrites,
        parameters: one.parameterReads * prices.parameterReads,
        inOut: one.inputReads * prices.inputReads + one.outputWrites * prices.outputWrites,
        operations: one.accumulates * addition + one.multiplyAccumulates * multiplyAdd,
        addressing: one.addressingAccumulates * addition + one.addressingMultiplyAccumulates * multiplyAdd,
      },
    ]),
  )
}
