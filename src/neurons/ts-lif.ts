import { publishedNeuron } from '../equations/index.ts'

/**
 * LIF of two time scales: a dendrite and a soma that inhibit each other, each with a threshold; the output is a learned sum of
 * both their spikes.
 */
export const tsLif = publishedNeuron({
  name: 'ts-lif',
  paper: 'Feng et al., TS-LIF: A temporal segment spiking neuron network for time series forecasting, ICLR 2025',
  constants: { threshold: 1, gamma: 0.5 },
  learnable: {
    decayLong: 0.8,
    gainLong: 0.2,
    decayShort: 0.3,
    gainShort: 0.7,
    fromShort: 0.1,
    fromLong: 0.8,
    short: { start: 'uniform(0, 1)', per: 'channel' },
    long: { start: 'uniform(0, 1)', per: 'channel' },
  },
  surrogate: 'atan',
  equations: `
    v = decayLong * v + gainLong * x - fromShort * u
    u = decayShort * u + gainShort * x - fromLong * v
    sShort = spike(u - threshold)
    sLong = spike(v - threshold)
    s = short * sShort + long * sLong
    v = v - gamma * sLong
    u = u - threshold * sShort`,
})
