import type { MixedLabels } from './losses.ts'

/** Logits summed over steps: [T, N, K] to [N, K]. */
export function summedLogits(logits: ArrayLike<number>, T: number): Float64Array {
  const sum = new Float64Array(logits.length / T)
  for (let i = 0; i < logits.length; i++) sum[i % sum.length] += logits[i]
  return sum
}

/** The class of each sample's largest value, the first of equal ones. @param scores [N, K] */
export function predictions(scores: ArrayLike<number>, classes: number): Uint32Array {
  return Uint32Array.from({ length: scores.length / classes }, (_, n) => {
    let best = 0
    for (let k = 1; k < classes; k++) if (scores[n * classes + k] > scores[n * classes + best]) best = k
    return best
  })
}

/**
 * How many samples are predicted right; of a mixed sample, the share of the label that was predicted.
 * @param scores [N, K]
 */
export function softHits(scores: ArrayLike<number>, { labels, mix }: MixedLabels, classes: number): number {
  let hits = 0
  predictions(scores, classes).forEach((predicted, n) => {
    const own = mix ? mix.own[n] : 1
    if (predicted === labels[n]) hits += own
    if (mix && predicted === mix.others[n]) hits += 1 - own
  })
  return hits
}

/** Share of samples whose label is the prediction. @param scores [N, K] */
export function accuracy(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number {
  return topK(scores, labels, classes, 1)
}

/** Share of samples whose label is among the k best scores; equal scores rank by class. @param scores [N, K] */
export function topK(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number, k: number): number {
  let hits = 0
  for (let n = 0; n < labels.length; n++) {
    const own = scores[n * classes + labels[n]]
    let ahead = 0
    for (let c = 0; c < classes; c++) {
      const score = scores[n * classes + c]
      if (score > own || (score === own && c < labels[n])) ahead++
    }
    if (ahead < k) hits++
  }
  return labels.length === 0 ? 0 : hits / labels.length
}

/** Counts [label * classes + prediction]. @param scores [N, K] */
export function confusionMatrix(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): Uint32Array {
  const counts = new Uint32Array(classes * classes)
  predictions(scores, classes).forEach((predicted, n) => {
    counts[labels[n] * classes + predicted]++
  })
  return counts
}
