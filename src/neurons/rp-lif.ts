import { publishedNeuron } from '../equations/index.ts'

/** LIF with a refractory threshold: in the step after a spike it is higher by a factor. */
export const rpLif = publishedNeuron({
  name: 'rp-lif',
  paper:
    'Li et al., Incorporating the refractory period into spiking neural networks through spike-triggered threshold dynamics, ACM Multimedia 2025',
  constants: { tau: 2, threshold: 1, factor: 1.2 },
  state: { th: 'threshold' },
  equations: `
    u = (1 - 1/tau) * u + x
    s = spike(u - th)
    u = u - s * th
    th = detach(s) * th * factor + (1 - detach(s)) * threshold`,
})
