import { publishedNeuron } from '../equations/index.ts'

/** Adaptive exponential integrate and fire: EIF with a current that follows the potential and grows with each spike. */
export const adex = publishedNeuron({
  name: 'adex',
  paper:
    'Brette and Gerstner, Adaptive exponential integrate-and-fire model as an effective description of neuronal activity, J. Neurophysiology 2005',
  constants: { tau: 2, threshold: 1, rest: 0, rheobase: 0.8, sharpness: 1, tauW: 10, a: 0.1, b: 0.2 },
  reset: 'hard',
  equations: `
    u = u + (x - (u - rest) + sharpness * exp((u - rheobase) / sharpness) - w) / tau
    w = w + (a * (u - rest) - w) / tauW
    s = spike(u - threshold)
    reset(u)
    w = w + s * b`,
})
