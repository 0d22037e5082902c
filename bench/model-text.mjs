import { firingWarning } from './model-line.mjs'

/** @param {Awaited<ReturnType<typeof import('./model.mjs').measureModel>>} found */
export function modelText(found) {
  const { model, batch, T, threads, peakMb, backendPeakMb } = found
  const lines = [
    `${model}, batch ${batch}, T ${T}, ${threads} threads: ${peakMb.toFixed(0)} MiB at most ` +
      `(${backendPeakMb.toFixed(0)} MiB of them tensors)`,
    phaseText('training', found.train),
    `            ${(1000 * found.train.betweenKernelsSeconds).toFixed(1)} ms of a step between kernels`,
    phaseText('inference', found.infer),
  ]
  const warning = firingWarning(found)
  return [...lines, ...(warning ? [warning] : [])].join('\n')
}

function phaseText(phase, { imagesPerSecond, firingRate, windowRate, additionsPerSecond, shareOfPeak }) {
  return (
    `  ${phase.padEnd(9)} ${imagesPerSecond.toFixed(2)} images/s, fires in ${percent(firingRate)}, ` +
    `window open in ${percent(windowRate)}, ${(additionsPerSecond / 1e9).toFixed(2)} G additions/s, ` +
    `${percent(shareOfPeak)} of the peak`
  )
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`
}
