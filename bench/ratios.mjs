import { mostBusy } from './busy.mjs'
import { leastFiringRate } from './model-line.mjs'
import { median } from './timing.mjs'

/** @typedef {{ train_images_per_s: number, infer_images_per_s: number, train_peak_mb: number | null,
 *   train_firing_rate: number, infer_firing_rate: number }} Line what both sides measure */

/**
 * Ours over the peer's, round by round: above 1 is better for us, memory too.
 * @param {readonly { ours: Line, peer: Line, busy: number }[]} rounds `busy`: the share that other programs took
 */
export function ratiosOf(rounds) {
  const memory = rounds.every(({ ours, peer }) => ours.train_peak_mb && peer.train_peak_mb)
  return {
    train: spread(rounds.map(({ ours, peer }) => ours.train_images_per_s / peer.train_images_per_s)),
    infer: spread(rounds.map(({ ours, peer }) => ours.infer_images_per_s / peer.infer_images_per_s)),
    memory: memory ? spread(rounds.map(({ ours, peer }) => peer.train_peak_mb / ours.train_peak_mb)) : null,
    faults: faultsOf(rounds),
  }
}

/** Why these ratios do not count. */
function faultsOf(rounds) {
  const enough = ({ ours }) => ours.train_firing_rate >= leastFiringRate && ours.infer_firing_rate >= leastFiringRate
  return [
    ...(rounds.every(enough) ? [] : ['too few spikes']),
    ...(rounds.every(({ busy }) => busy <= mostBusy) ? [] : ['other programs were running']),
  ]
}

/** @param {readonly number[]} values */
function spread(values) {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) }
}

/** @param {ReturnType<typeof ratiosOf>} ratios */
export function ratiosText(name, { train, infer, memory, faults }) {
  const text = ({ median: middle, least, most }) => `${middle.toFixed(2)}x (${least.toFixed(2)} to ${most.toFixed(2)})`
  return (
    `against ${name.padEnd(9)} training ${text(train)}, inference ${text(infer)}` +
    `${memory ? `, memory ${text(memory)}` : ''}${faults.length === 0 ? '' : `; does not count: ${faults.join(', ')}`}`
  )
}
