import type { EnergyLayer, NeuronLayer } from './energy-network.ts'

/** Additions and multiply-adds. */
export interface OperationCounts {
  readonly accumulates: number
  readonly multiplyAccumulates: number
}

const none: OperationCounts = { accumulates: 0, multiplyAccumulates: 0 }

/** Multiply-adds of a neuron that gives numbers, as the published counts have them: bias, BatchNorm's two, ReLU. */
const perDenseNeuron = 4

/**
 * Synaptic operations of one step, as published: layers fed by spikes add, all others multiply, the image at every step
 * too; a neuron counts 2 for each of its multiplications (LIF 2, CLIF 6), a pool that slides what it reads.
 * @see Huang et al. 2024, Table 6
 */
export function publishedOperations(layer: EnergyLayer): OperationCounts {
  switch (layer.kind) {
    case 'neurons':
      return { accumulates: 0, multiplyAccumulates: layer.count * publishedPerNeuron(layer) }
    case 'pool':
      return { accumulates: 0, multiplyAccumulates: layer.slides ? layer.inputs : 0 }
    default:
      if (layer.spikes) return { accumulates: layer.inputRate * layer.multiplyAdds, multiplyAccumulates: 0 }
      return { accumulates: 0, multiplyAccumulates: layer.multiplyAdds }
  }
}

function publishedPerNeuron({ spiking, operations }: NeuronLayer): number {
  return spiking ? 2 * operations.perStep.multiplications : perDenseNeuron
}

/**
 * Synaptic operations of an inference: a static image's first layer is computed once; neurons count what their equations
 * compute, a function as a multiply-add; a spike that a residual adds is an addition; BatchNorm is part of the weights.
 */
export function correctedOperations(layer: EnergyLayer, T: number): OperationCounts {
  switch (layer.kind) {
    case 'neurons': {
      const { perStep, perSpike } = layer.operations
      const steps = T * layer.count
      const spikes = layer.spiking ? steps * layer.rate : 0
      const of = (name: keyof typeof perStep) => steps * perStep[name] + spikes * perSpike[name]
      return { accumulates: of('additions'), multiplyAccumulates: of('multiplications') + of('functions') }
    }
    case 'pool':
    case 'residual':
      return { ...none, accumulates: T * layer.inputs * layer.activeShare }
    default: {
      const dense = (layer.everyStep ? T : 1) * layer.multiplyAdds
      if (layer.spikes) return { ...none, accumulates: dense * layer.activeShare }
      return { ...none, multiplyAccumulates: dense }
    }
  }
}
