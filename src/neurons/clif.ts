import { publishedNeuron } from '../equations/index.ts'

/** Complementary leaky integrate and fire: m carries the gradient where the path through u is cut. */
export const clif = publishedNeuron({
  name: 'clif',
  paper: 'Huang et al., CLIF: Complementary Leaky Integrate-and-Fire Neuron for Spiking Neural Networks, ICML 2024',
  constants: { tau: 2, threshold: 1 },
  equations: `
    u = (1 - 1/tau) * u + input(x / tau)
    s = spike(u - threshold)
    m = m * sigmoid(u / tau) + s
    reset(u, threshold + sigmoid(m))`,
})
