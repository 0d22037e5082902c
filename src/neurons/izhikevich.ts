import { publishedNeuron } from '../equations/index.ts'

/**
 * Izhikevich's simple model, in millivolts and steps of `step` milliseconds; its four constants make it spike regularly, in bursts,
 * fast, and in many other ways. Inputs of some 10 make it fire.
 */
export const izhikevich = publishedNeuron({
  name: 'izhikevich',
  paper: 'Izhikevich, Simple model of spiking neurons, IEEE Transactions on Neural Networks 2003',
  constants: { a: 0.02, b: 0.2, c: -65, d: 8, step: 0.5, threshold: 30 },
  state: { u: 'c', w: 'b * c' },
  // As wide as potentials are in millivolts.
  surrogate: { name: 'rectangle', alpha: 20 },
  equations: `
    u = u + step * (0.04 * u^2 + 5 * u + 140 - w + x)
    w = w + step * a * (b * u - w)
    s = spike(u - threshold)
    u = u - s * (u - c)
    w = w + s * d`,
})
