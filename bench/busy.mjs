import { cpus } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'

/** Above this share, what is measured says more of the other programs: PyTorch's threads lose most to them. */
export const mostBusy = 0.1

/** The share of this machine's processors that other programs use now, in 0..1. Uses none itself. */
export async function busyShare(milliseconds = 500) {
  const before = cpuTimes()
  await wait(milliseconds)
  return shareBetween(before, cpuTimes())
}

function cpuTimes() {
  return cpus().map(({ times }) => ({ idle: times.idle, all: Object.values(times).reduce((sum, time) => sum + time) }))
}

/**
 * @param {readonly { idle: number, all: number }[]} before a processor's times so far
 * @param {readonly { idle: number, all: number }[]} after
 */
export function shareBetween(before, after) {
  const grown = (of) => after.reduce((sum, times, i) => sum + times[of] - before[i][of], 0)
  const all = grown('all')
  return all > 0 ? 1 - grown('idle') / all : 0
}

/** @param {number} busy @returns {string | null} */
export function busyWarning(busy) {
  if (!(busy > mostBusy)) return null
  return `warning: other programs use ${(100 * busy).toFixed(0)} % of this machine: its figures are not to be trusted`
}
