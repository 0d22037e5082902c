import { publishedNeuron } from '../equations/index.ts'

/** Current-based LIF, also called synaptic: the input makes a current that decays on its own, and the current the potential. */
export const cubaLif = publishedNeuron({
  name: 'cuba-lif',
  paper: 'Gerstner, Kistler, Naud and Paninski, Neuronal Dynamics, Cambridge University Press 2014',
  constants: { tau: 2, tauSynapse: 2, threshold: 1 },
  equations: `
    i = (1 - 1/tauSynapse) * i + input(x / tau)
    u = (1 - 1/tau) * u + i
    s = spike(u - threshold)
    reset(u)`,
})
