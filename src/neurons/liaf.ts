import { publishedNeuron } from '../equations/index.ts'

/** Leaky integrate and analog fire: a spike resets the potential, but what is passed on is the potential itself, if positive. */
export const liaf = publishedNeuron({
  name: 'liaf',
  paper:
    'Wu et al., LIAF-Net: Leaky integrate and analog fire network for lightweight and efficient spatiotemporal information processing, IEEE TNNLS 2021',
  constants: { tau: 2, threshold: 1 },
  equations: `
    u = leak(u, 1/tau) + input(x / tau)
    fired = spike(u - threshold)
    s = relu(u)
    u = u * (1 - fired)`,
})
