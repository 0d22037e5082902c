import { clif, defaultBackend, modelNamed } from '../dist/node.js'
import { classes, input, noise, trainer } from './model.mjs'

/** Thresholds at which snn5 fires from nearly always to hardly ever. */
const thresholds = [0.1, 0.3, 0.6, 1, 1.5, 2.2, 3]
const lengths = [1, 2, 4, 8, 16, 32, 64]
/** The share of spikes at which the fixed part of a step is told. */
const usualRate = 0.12

/** Training steps of a whole network, over how often it fires and over T. @param {number} [threads] */
export async function measureNetwork(threads) {
  const rates = []
  for (const threshold of thresholds)
    rates.push({ threshold, ...(await trainingStep({ threads, T: 6, batch: 16, threshold })) })
  const steps = []
  for (const T of lengths) steps.push({ T, ...(await trainingStep({ threads, T, batch: 4, threshold: 1 })) })
  return { rates, fixedShare: fixedShareOf(rates), lengths: steps, bytesPerNeuronStep: bytesPerNeuronStep(steps) }
}

async function trainingStep({ threads, T, batch, threshold }) {
  const backend = await defaultBackend(threads === undefined ? {} : { threads })
  try {
    const network = modelNamed('snn5')({ input, classes, neuron: clif({ threshold }), T, seed: 1 })
    await network.place(backend)
    const { seconds, rates, backendPeakMb } = await trainer(network, noise(batch), { backend, T }).timed()
    return {
      milliseconds: 1e3 * seconds,
      firingRate: rates.firingRate,
      windowRate: rates.windowRate,
      peakBytes: backendPeakMb * 2 ** 20,
      neuronSteps: T * batch * network.summary({ T, batch }).neurons,
    }
  } finally {
    await backend.close()
  }
}

/** Bytes that one more neuron-step takes, at the two longest sequences: weights and the like are in both. */
export function bytesPerNeuronStep(points) {
  const [before, last] = points.slice(-2)
  return (last.peakBytes - before.peakBytes) / (last.neuronSteps - before.neuronSteps)
}

/** The line through (rate, time) of least squares, and the part of a step at the usual rate that no spike causes. */
export function fixedShareOf(points) {
  const n = points.length
  const mean = (of) => points.reduce((sum, p) => sum + of(p), 0) / n
  const [rate, time] = [mean((p) => p.firingRate), mean((p) => p.milliseconds)]
  const slope = mean((p) => (p.firingRate - rate) * (p.milliseconds - time)) / mean((p) => (p.firingRate - rate) ** 2)
  const fixed = time - slope * rate
  return fixed / (fixed + slope * usualRate)
}

export function networkText({ rates, fixedShare, lengths: steps, bytesPerNeuronStep: bytes }) {
  const percent = (share) => `${(100 * share).toFixed(1).padStart(5)} %`
  const lines = rates.map(
    (p) =>
      `  fires ${percent(p.firingRate)}, windows open ${percent(p.windowRate)}: ${p.milliseconds.toFixed(1).padStart(7)} ms`,
  )
  const long = steps.map(
    (p) =>
      `  T ${String(p.T).padStart(2)}: ${p.milliseconds.toFixed(1).padStart(7)} ms, ${(p.milliseconds / p.T).toFixed(2).padStart(6)} ms a step`,
  )
  const share = `  at ${percent(usualRate).trim()} of spikes ${percent(fixedShare).trim()} of a step is there without any`
  return [...lines, share, ...long, `  memory grows by ${bytes.toFixed(1)} bytes a neuron-step`].join('\n')
}
