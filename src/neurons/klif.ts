import { publishedNeuron } from '../equations/index.ts'

/** LIF whose potential passes a learned slope and a rectifier before it is compared and reset. */
export const klif = publishedNeuron({
  name: 'klif',
  paper: 'Jiang and Zhang, KLIF: An Optimized Spiking Neuron Unit for Tuning Surrogate Gradient Slope, 2023',
  constants: { tau: 2, threshold: 1 },
  learnable: { k: 1 },
  equations: `
    u = relu(k * ((1 - 1/tau) * u + input(x / tau)))
    s = spike(u - threshold)
    reset(u)`,
})
