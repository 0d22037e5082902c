import { publishedNeuron } from '../equations/index.ts'

/** Leaky integrate and fire. */
export const lif = publishedNeuron({
  name: 'lif',
  paper: 'Abbott, Lapicque’s introduction of the integrate-and-fire model neuron (1907), Brain Research Bulletin 1999',
  constants: { tau: 2, threshold: 1 },
  equations: `
    u = leak(u, 1/tau) + input(x / tau)
    s = spike(u - threshold)
    reset(u)`,
})
