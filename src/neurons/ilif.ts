import { publishedNeuron } from '../equations/index.ts'

/** Inhibitory LIF: spikes leave a current and a potential behind that hold the neuron back. */
export const ilif = publishedNeuron({
  name: 'ilif',
  paper:
    'ILIF: Temporal inhibitory leaky integrate-and-fire neuron for overactivation in spiking neural networks, IJCAI 2025',
  constants: { tau: 2, threshold: 1, inhibition: 0.03 },
  equations: `
    i = inhibition * (i + last * s)
    u = (1 - 1/tau) * u + x - relu(i)
    s = spike(u - threshold)
    u = u - s * threshold
    m = m + s * u
    u = u - s * sigmoid(m)
    last = x`,
})
