import { publishedNeuron } from '../equations/index.ts'

/** LIF with normal noise on its potential in training, and the derivative that noise of this size gives its mean. */
export const noisyLif = publishedNeuron({
  name: 'noisy-lif',
  paper:
    'Ma, Yan and Tang, Exploiting noise as a resource for computation and learning in spiking neural networks, Patterns 2023',
  constants: { tau: 2, threshold: 1, sigma: 0.3 },
  surrogate: { name: 'gaussian', alpha: 0.3 },
  equations: `
    u = leak(u, 1/tau) + input(x / tau) + sigma * noise()
    s = spike(u - threshold)
    reset(u)`,
})
