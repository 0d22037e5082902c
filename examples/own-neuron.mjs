// A neuron of your own: write its equations, and look at what it does and at its gradient.
import { defineNeuron, evaluateNeuron, evaluateNeuronGradient, lif } from 'spikelet'

const tired = defineNeuron({
  name: 'tired',
  constants: { tau: 2, threshold: 1 },
  learnable: { strength: 0.3 },
  equations: `
    u = (1 - 1/tau) * u + x
    s = spike(u - threshold - strength * a)
    a = 0.8 * a + s
    reset(u)`,
})

const T = 16
const x = Array.from({ length: T }, () => 0.7)
for (const neuron of [lif(), tired(), tired({ strength: 1, surrogate: 'atan' })]) {
  const { s } = evaluateNeuron(neuron, x, { T })
  const last = Array.from({ length: T }, (_, t) => (t === T - 1 ? 1 : 0)) // only the last output counts
  const { input } = evaluateNeuronGradient(neuron, x, last, { T })
  console.log(neuron.name.padEnd(6), [...s].join(' '), ' gradient at step 1:', input[0].toExponential(1))
}
