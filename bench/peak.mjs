import { defaultBackend } from '../dist/node.js'
import { now } from './timing.mjs'

/** What this machine does at best on the threads in use. @param {number} [threads] */
export async function measurePeak(threads) {
  const backend = await backendWith(threads)
  try {
    return { threads: backend.info.threads, features: backend.info.features, ...backend.measurePeak(now) }
  } finally {
    await backend.close()
  }
}

/** @param {number} [threads] default: all */
export function backendWith(threads) {
  return defaultBackend(threads === undefined ? {} : { threads })
}

/** @param {Awaited<ReturnType<typeof measurePeak>>} found */
export function peakText({ threads, features, multiplyAdds, additions }) {
  return [
    `${threads} threads, ${features.join(', ')}`,
    `${(multiplyAdds / 1e9).toFixed(1)} G multiply-adds/s, ${(additions / 1e9).toFixed(1)} G additions/s`,
  ].join('\n')
}
