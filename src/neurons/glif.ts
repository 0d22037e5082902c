import { publishedNeuron } from '../equations/index.ts'

/**
 * Gated LIF, per channel: gates a, b and c mix exponential with linear decay, plain with step-weighted input, and hard
 * with soft reset. Everything learned passes a sigmoid; the reset acts one step later, through the previous spike.
 */
export const glif = publishedNeuron({
  name: 'glif',
  paper: 'Yao et al., GLIF: A Unified Gated Leaky Integrate-and-Fire Neuron for Spiking Neural Networks, NeurIPS 2022',
  constants: { gateA: 0.55, gateB: 0.65, gateC: 0.55, decay: 0.25, threshold: 0.5, conductance: 0.5 },
  learnable: {
    a: { start: '-log(1 / gateA - 1)', per: 'channel' },
    b: { start: '-log(1 / gateB - 1)', per: 'channel' },
    c: { start: '-log(1 / gateC - 1)', per: 'channel' },
    d: { start: '-log(1 / decay - 1)', per: 'channel' },
    h: { start: '-log(1 / threshold - 1)', per: 'channel' },
    l: { start: '-log(2 * T / threshold - 1)', per: 'channel' },
    r: { start: '-log(1 / threshold - 1)', per: 'channel' },
    g: { start: '-log(1 / conductance - 1)', per: 'stepChannel' },
  },
  equations: `
    i = x * (1 - sigmoid(b) * (1 - sigmoid(g)))
    u = (1 - sigmoid(a) * (1 - sigmoid(d))) * u * (1 - sigmoid(c) * s) - (1 - sigmoid(a)) * sigmoid(l)
    u = u + i - (1 - sigmoid(c)) * sigmoid(r) * s
    s = spike(u - sigmoid(h))`,
})
