import type { Dataset } from './dataset.ts'
import { sampleBytes } from './dataset.ts'
import type { Recordings } from './recordings.ts'

/**
 * Which samples stand for all where only some are wanted, in ascending order: the first ones; of samples that lie class
 * after class the first of every class, as evenly as can be.
 */
export function someOf(labels: ArrayLike<number>, limit: number): number[] {
  const all = Array.from({ length: labels.length }, (_, i) => i)
  if (limit >= all.length) return all
  if (all.some((i) => i > 0 && labels[i] < labels[i - 1])) return all.slice(0, limit)
  const seen = new Map<number, number>()
  const rank = all.map((i) => {
    const before = seen.get(labels[i]) ?? 0
    seen.set(labels[i], before + 1)
    return before
  })
  return all
    .sort((a, b) => rank[a] - rank[b] || a - b)
    .slice(0, limit)
    .sort((a, b) => a - b)
}

/** Some of the recordings, which are then all that is read. */
export function limitRecordings(recordings: Recordings, limit: number): Recordings {
  const { members, read } = recordings
  const chosen = someOf(
    members.map(({ label }) => label),
    limit,
  )
  return { ...recordings, members: chosen.map((i) => members[i]), read: (i) => read(chosen[i]) }
}

/** Some of the images. */
export function limitDataset(dataset: Dataset, limit: number): Dataset {
  if (limit >= dataset.length) return dataset
  const chosen = someOf(
    Array.from({ length: dataset.length }, (_, i) => dataset.label(i)),
    limit,
  )
  const { pixels, members, label, image, ...rest } = dataset
  const first = chosen[chosen.length - 1] === chosen.length - 1
  return {
    ...rest,
    length: chosen.length,
    label: (i) => label(chosen[i]),
    image: (i, into) => image(chosen[i], into),
    ...(members === undefined ? {} : { members: `${members}, ${first ? 'first' : 'of every class'} ${chosen.length}` }),
    ...(pixels && first ? { pixels: pixels.subarray(0, chosen.length * sampleBytes(dataset)) } : {}),
  }
}
