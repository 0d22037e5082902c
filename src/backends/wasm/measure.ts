const repeats = 4

/** Seconds of the best of a few runs, since others may use the machine too. @param now seconds */
export function bestSeconds(now: () => number, work: () => void): number {
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < repeats; i++) {
    const start = now()
    work()
    best = Math.min(best, now() - start)
  }
  return best
}
