import { publishedNeuron } from '../equations/index.ts'

/**
 * Alpha neuron: an input is an excitatory current and, decaying faster, an inhibitory one; their difference rises and falls as
 * the alpha function does. After a spike both start anew, and the input of that step is lost.
 */
export const alphaLif = publishedNeuron({
  name: 'alpha',
  paper:
    'Gerstner and Kistler, Spiking Neuron Models, Cambridge University Press 2002; in steps as Eshraghian et al., Proceedings of the IEEE 2023',
  constants: { decayExcitation: 0.9, decayInhibition: 0.8, threshold: 1 },
  equations: `
    rise = log(decayExcitation) / (log(decayInhibition) - log(decayExcitation)) + 1
    e = (decayExcitation * e + x) * (1 - detach(s))
    i = (decayInhibition * i - x) * (1 - detach(s))
    u = rise * (e + i)
    s = spike(u - threshold)`,
})
