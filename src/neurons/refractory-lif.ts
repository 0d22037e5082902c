import { publishedNeuron } from '../equations/index.ts'

/** LIF that hears nothing and stays as it is for some steps after a spike. */
export const refractoryLif = publishedNeuron({
  name: 'refractory-lif',
  paper: 'Gerstner, Kistler, Naud and Paninski, Neuronal Dynamics, Cambridge University Press 2014',
  constants: { tau: 2, threshold: 1, refractory: 2 },
  equations: `
    u = where(0.5 - rest, (1 - 1/tau) * u + input(x / tau), u)
    s = spike(where(0.5 - rest, u - threshold, -threshold))
    reset(u)
    rest = detach(s) * refractory + (1 - detach(s)) * relu(rest - 1)`,
})
