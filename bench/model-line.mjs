/** A ratio means something only while both rates are at least this: silent networks are fast for nothing. */
export const leastFiringRate = 0.12

/**
 * The one line that `--json` prints.
 * @param {Awaited<ReturnType<typeof import('./model.mjs').measureModel>>} found
 */
export function modelLine(found) {
  return JSON.stringify({
    model: found.model,
    batch: found.batch,
    T: found.T,
    train_images_per_s: round(found.train.imagesPerSecond),
    infer_images_per_s: round(found.infer.imagesPerSecond),
    train_peak_mb: round(found.peakMb),
    train_firing_rate: round(found.train.firingRate),
    infer_firing_rate: round(found.infer.firingRate),
    window_rate: round(found.train.windowRate),
    train_ms_between_kernels: round(1000 * found.train.betweenKernelsSeconds),
    threads: found.threads,
    features: found.features,
    node: found.node,
  })
}

/** Four digits. */
function round(value) {
  return Number(value.toPrecision(4))
}

/**
 * What to say where the network fires too little for its speed to count; null where it fires enough.
 * @param {{ train: { firingRate: number }, infer: { firingRate: number } }} found
 */
export function firingWarning({ train, infer }) {
  const low = Object.entries({ training: train.firingRate, inference: infer.firingRate }).filter(
    ([, rate]) => !(rate >= leastFiringRate),
  )
  if (low.length === 0) return null
  const rates = low.map(([phase, rate]) => `${phase} ${(100 * rate).toFixed(1)} %`).join(', ')
  return `warning: fires in less than ${100 * leastFiringRate} % of neuron-steps (${rates}): its speed does not count in a comparison`
}
