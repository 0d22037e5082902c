import { type Dataset, type Datasets, sampleBytes, type Targets } from './dataset.ts'
import type { RecordingSets, Recordings } from './recordings.ts'

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

/** `length` numbers from `first` on. */
export function lastOf(first: number, length: number): Uint32Array {
  return Uint32Array.from({ length }, (_, i) => first + i)
}

/** Which samples stand for all of a training side: as many as wanted, and as many of those that are put aside. */
function someOfSide(labels: readonly number[], validation: Uint32Array | undefined, limit: number) {
  if (!validation) return { chosen: someOf(labels, limit) }
  const aside = new Set(validation)
  const rest = labels.flatMap((_, i) => (aside.has(i) ? [] : [i]))
  const among = (numbers: ArrayLike<number>) =>
    someOf(
      Array.from(numbers, (i) => labels[i]),
      limit,
    ).map((k) => numbers[k])
  const chosen = [...among(rest), ...among(validation)].sort((a, b) => a - b)
  const places = chosen.flatMap((i, place) => (aside.has(i) ? [place] : []))
  return { chosen, validation: Uint32Array.from(places) }
}

/** Some of the recordings of each side, which are then all that is read. */
export function limitSets(sets: RecordingSets, limit: number): RecordingSets {
  const { chosen, validation } = someOfSide(labelsOf(sets.train), sets.validation, limit)
  const train = chooseRecordings(sets.train, chosen)
  const test = limitRecordings(sets.test, limit)
  return { ...sets, train, test, ...(validation ? { validation } : {}) }
}

/** Some of the recordings, which are then all that is read. */
export function limitRecordings(recordings: Recordings, limit: number): Recordings {
  return chooseRecordings(recordings, someOf(labelsOf(recordings), limit))
}

function labelsOf({ members }: Recordings): number[] {
  return members.map(({ label }) => label)
}

function chooseRecordings(recordings: Recordings, chosen: readonly number[]): Recordings {
  const { members, read } = recordings
  return { ...recordings, members: chosen.map((i) => members[i]), read: (i) => read(chosen[i]) }
}

/** Some of the samples of each side. */
export function limitDatasets(datasets: Datasets, limit: number): Datasets {
  const labels = Array.from({ length: datasets.train.length }, (_, i) => datasets.train.label(i))
  const { chosen, validation } = someOfSide(labels, datasets.validation, limit)
  const train = chooseSamples(datasets.train, chosen)
  const test = limitDataset(datasets.test, limit)
  return { ...datasets, train, test, limit, ...(validation ? { validation } : {}) }
}

/** Some of the images. */
export function limitDataset(dataset: Dataset, limit: number): Dataset {
  const labels = Array.from({ length: dataset.length }, (_, i) => dataset.label(i))
  return chooseSamples(dataset, someOf(labels, limit))
}

function chooseTargets({ kind, size, values }: Targets, chosen: readonly number[]): Targets {
  const some = new Float32Array(chosen.length * size)
  for (const [to, from] of chosen.entries()) some.set(values.subarray(from * size, (from + 1) * size), to * size)
  return { kind, size, values: some }
}

function chooseSamples(dataset: Dataset, chosen: readonly number[]): Dataset {
  if (chosen.length === dataset.length) return dataset
  const { pixels, members, targets, label, image, ...rest } = dataset
  const first = chosen[chosen.length - 1] === chosen.length - 1
  return {
    ...rest,
    length: chosen.length,
    label: (i) => label(chosen[i]),
    image: (i, into) => image(chosen[i], into),
    ...(targets ? { targets: chooseTargets(targets, chosen) } : {}),
    ...(members === undefined ? {} : { members: `${members}, ${first ? 'first' : 'of every class'} ${chosen.length}` }),
    ...(pixels && first ? { pixels: pixels.subarray(0, chosen.length * sampleBytes(dataset)) } : {}),
  }
}
