import { publishedNeuron } from '../equations/index.ts'

/**
 * Integer LIF: in training it fires up to D times in a step, counted in one value; in an inference D single steps can stand for
 * it. The gradient of a count is 1 between 0 and D.
 */
export const iLif = publishedNeuron({
  name: 'i-lif',
  paper:
    'Luo et al., Integer-valued training and spike-driven inference spiking neural network for high-performance and energy-efficient object detection, ECCV 2024',
  constants: { tau: 2, threshold: 1, D: 4 },
  detachReset: true,
  equations: `
    u = leak(u, 1/tau) + input(x / tau)
    s = round(min(max(u / threshold, 0), D))
    reset(u)`,
})
