import { publishedNeuron } from '../equations/index.ts'

/** Parametric LIF: 1/tau = sigmoid(w) is learned, one w per layer; tau is where it starts. */
export const plif = publishedNeuron({
  name: 'plif',
  paper: 'Fang et al., Incorporating Learnable Membrane Time Constant to Enhance Learning of SNNs, ICCV 2021',
  constants: { tau: 2, threshold: 1 },
  learnable: { w: '-log(tau - 1)' },
  equations: `
    u = leak(u, sigmoid(w)) + input(x * sigmoid(w))
    s = spike(u - threshold)
    reset(u)`,
})
