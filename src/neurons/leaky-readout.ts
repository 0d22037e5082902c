import { publishedNeuron } from '../equations/index.ts'

/** A membrane that never fires; its potential is the output. For logits that add up over time. */
export const leakyReadout = publishedNeuron({
  name: 'leakyReadout',
  constants: { tau: 2 },
  equations: `
    u = (1 - 1/tau) * u + input(x / tau)
    s = u`,
})
