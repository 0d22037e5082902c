import { publishedNeuron } from '../equations/index.ts'

/**
 * Balanced resonate and fire: a resonator whose damping is chosen so that it cannot diverge, with a refractory quantity that
 * raises damping and threshold after a spike and needs no reset. Frequencies and dampings are drawn and learned by channel.
 */
export const brf = publishedNeuron({
  name: 'brf',
  paper: 'Higuchi et al., Balanced resonate-and-fire neurons, ICML 2024',
  constants: { step: 0.01, threshold: 1, refractory: 0.9 },
  learnable: {
    omega: { start: 'uniform(5, 10)', per: 'channel' },
    offset: { start: 'uniform(2, 3)', per: 'channel' },
  },
  surrogate: 'multi-gaussian',
  equations: `
    boundary = (sqrt(1 - (step * abs(omega))^2) - 1) / step
    b = boundary - abs(offset) - q
    before = u
    u = u + step * (b * u - abs(omega) * v + x)
    v = v + step * (abs(omega) * before + b * v)
    s = spike(u - threshold - q)
    q = refractory * q + s`,
})
