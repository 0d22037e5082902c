import { publishedNeuron } from '../equations/index.ts'

/** CLIF's relative whose threshold moves with the input, and whose complementary potential tells silence from spikes. */
export const arLif = publishedNeuron({
  name: 'ar-lif',
  paper: 'AR-LIF: Adaptive reset leaky integrate-and-fire neuron for spiking neural networks, arXiv:2507.20746, 2025',
  constants: { tau: 2, threshold: 1 },
  learnable: { a: 0, c: 1 },
  equations: `
    u = (1 - 1/tau) * u + x
    s = spike(u - threshold - tanh(a) * tanh(x))
    m = relu(m) * sigmoid(c * x) - relu(-m) * (1 - sigmoid(c * x)) + s * sigmoid(x) - (1 - s) * sigmoid(x)
    u = u - s * (threshold + sigmoid(m) + tanh(a) * tanh(x))`,
})
