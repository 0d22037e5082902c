import { publishedNeuron } from '../equations/index.ts'

/** Adaptive LIF: every spike raises the threshold, which decays slowly; both time constants are learned per channel. */
export const alif = publishedNeuron({
  name: 'alif',
  paper: 'Yin et al., Accurate and efficient time-domain classification with adaptive spiking RNNs, NMI 2021',
  constants: { tau: 20, tauAdaptation: 150, threshold: 0.1, adaptation: 1.8 },
  learnable: {
    tauU: { start: 'tau', per: 'channel' },
    tauB: { start: 'tauAdaptation', per: 'channel' },
  },
  equations: `
    b = exp(-1 / tauB) * b + (1 - exp(-1 / tauB)) * s
    B = threshold + adaptation * b
    u = exp(-1 / tauU) * u + (1 - exp(-1 / tauU)) * x - B * s
    s = spike(u - B)`,
})
