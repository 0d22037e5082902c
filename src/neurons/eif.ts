import { publishedNeuron } from '../equations/index.ts'

/** Exponential integrate and fire: a spike begins smoothly, the sharper the smaller `sharpness`. */
export const eif = publishedNeuron({
  name: 'eif',
  paper:
    'Fourcaud-Trocmé et al., How spike generation mechanisms determine the neuronal response, J. Neuroscience 2003',
  constants: { tau: 2, threshold: 1, rest: 0, rheobase: 0.8, sharpness: 1 },
  equations: `
    u = u + (x - (u - rest) + sharpness * exp((u - rheobase) / sharpness)) / tau
    s = spike(u - threshold)
    reset(u)`,
})
