import { publishedNeuron } from '../equations/index.ts'

/**
 * Adaptive LIF whose adaptation follows the potential of the same step (symplectic Euler), so that it oscillates without
 * diverging. Time constants lie between two numbers, learned for each channel; a and b are kept in their ranges.
 */
export const seAdLif = publishedNeuron({
  name: 'se-adlif',
  paper:
    'Baronig et al., Advancing spatio-temporal processing through adaptation in spiking neural networks, Nature Communications 2025',
  constants: { threshold: 1, q: 120, uFrom: 5, uTo: 25, wFrom: 60, wTo: 300 },
  learnable: {
    a: { start: 'uniform(0, 1)', per: 'channel', min: 0, max: 1 },
    b: { start: 'uniform(0, 2)', per: 'channel', min: 0, max: 2 },
    tauU: { start: 'uniform(0, 1)', per: 'channel', min: 0, max: 1 },
    tauW: { start: 'uniform(0, 1)', per: 'channel', min: 0, max: 1 },
  },
  surrogate: 'slayer',
  equations: `
    decayU = exp(-1 / (uFrom + tauU * (uTo - uFrom)))
    decayW = exp(-1 / (wFrom + tauW * (wTo - wFrom)))
    u = decayU * u + (1 - decayU) * (x - w)
    s = spike(u - threshold)
    u = u * (1 - detach(s))
    w = decayW * w + (1 - decayW) * q * (a * u + b * s)`,
})
