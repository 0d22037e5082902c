import { publishedNeuron } from '../equations/index.ts'

/** LIF that also fires downwards: its output is -1, 0 or 1, which says more than a spike and still only adds or subtracts. */
export const ternaryLif = publishedNeuron({
  name: 'ternary-lif',
  paper: 'Guo et al., Ternary spike: Learning ternary spikes for spiking neural networks, AAAI 2024',
  constants: { decay: 0.25, threshold: 0.5 },
  equations: `
    u = decay * u + x
    up = spike(u - threshold)
    down = spike(-u - threshold)
    s = up - down
    u = u * (1 - up - down)`,
})
