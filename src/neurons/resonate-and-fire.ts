import { publishedNeuron } from '../equations/index.ts'

/**
 * A damped oscillator that fires where its second part crosses the threshold: it answers to inputs in its own rhythm. Frequency
 * (radians a step) and damping are learned; a spike sets it to the phase of the threshold.
 */
export const resonateAndFire = publishedNeuron({
  name: 'resonate-and-fire',
  paper: 'Izhikevich, Resonate-and-fire neurons, Neural Networks 2001',
  constants: { threshold: 1 },
  learnable: { omega: 0.8, damping: { start: 0.1, min: 0 } },
  equations: `
    shrunk = exp(-damping)
    turned = shrunk * (cos(omega) * u - sin(omega) * v) + x
    v = shrunk * (sin(omega) * u + cos(omega) * v)
    s = spike(v - threshold)
    u = turned * (1 - s)
    v = v + s * (threshold - v)`,
})
