/** Seconds since some fixed moment. */
export const now = () => performance.now() / 1000

/**
 * The middle value; of an even number of values, the mean of the middle two.
 * @param {readonly number[]} values at least one
 */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** @param {readonly number[]} values at least one */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * Median seconds of some calls, after one that is not counted: kernels are compiled by then.
 * @param {() => void | Promise<void>} work
 * @param {number} [repeats]
 */
export async function medianSeconds(work, repeats = 5) {
  await work()
  const seconds = []
  for (let i = 0; i < repeats; i++) {
    const start = now()
    await work()
    seconds.push(now() - start)
  }
  return median(seconds)
}
