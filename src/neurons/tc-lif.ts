import { publishedNeuron } from '../equations/index.ts'

/** Two compartments: a dendrite v that takes the input, a soma u that fires; their coupling is learned. */
export const tcLif = publishedNeuron({
  name: 'tc-lif',
  paper: 'Zhang et al., TC-LIF: A Two-Compartment Spiking Neuron Model for Long-Term Sequential Modelling, AAAI 2024',
  constants: { threshold: 1, dendriteReset: 0.5 },
  learnable: { c1: 0, c2: 0 },
  equations: `
    v = v - sigmoid(c1) * u + x
    u = u + sigmoid(c2) * v
    s = spike(u - threshold)
    v = v - dendriteReset * s
    u = u - threshold * s`,
})
