import { publishedNeuron } from '../equations/index.ts'

/** Quadratic integrate and fire: above the critical potential it runs up by itself. */
export const qif = publishedNeuron({
  name: 'qif',
  paper: 'Latham et al., Intrinsic dynamics in neuronal networks, Journal of Neurophysiology 2000',
  constants: { tau: 2, threshold: 1, rest: 0, critical: 0.8, a: 1 },
  equations: `
    u = u + (x + a * (u - rest) * (u - critical)) / tau
    s = spike(u - threshold)
    reset(u)`,
})
