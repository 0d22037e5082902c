import { Random, UsageError } from '../../base/index.ts'
import type { Dataset, Datasets } from './dataset.ts'

export interface Split {
  /** Numbers of images, ascending. */
  train: Uint32Array
  validation: Uint32Array
  /** 16 hexadecimal digits that depend on the members of both parts: two runs with equal hashes used equal splits. */
  hash: string
}

/**
 * Puts a fraction of each class aside for validation; the same seed gives the same split everywhere.
 * @param fraction of each class, in 0..1 (both excluded), rounded; at least one image of each class stays on each side
 * @throws UsageError if the fraction is out of range, or a class has a single image
 */
export function stratifiedSplit(
  dataset: Pick<Dataset, 'name' | 'classes' | 'length' | 'label'>,
  fraction: number,
  seed: number,
): Split {
  if (!(fraction > 0 && fraction < 1)) {
    throw new UsageError({
      what: 'validation fraction out of range',
      expected: 'between 0 and 1',
      got: String(fraction),
    })
  }
  const byClass: number[][] = dataset.classes.map(() => [])
  for (let i = 0; i < dataset.length; i++) byClass[dataset.label(i)].push(i)
  const random = new Random(seed).fork('validation split')
  const chosen = new Uint8Array(dataset.length)
  for (const [label, members] of byClass.entries()) {
    if (members.length === 0) continue
    if (members.length === 1) {
      throw new UsageError({
        what: 'a class of a single image cannot be split',
        place: `${dataset.name}, class ${dataset.classes[label]}`,
      })
    }
    const count = Math.min(members.length - 1, Math.max(1, Math.round(fraction * members.length)))
    const order = random.fork(label).permutation(members.length)
    for (const k of order.subarray(0, count)) chosen[members[k]] = 1
  }
  return { train: where(chosen, 0), validation: where(chosen, 1), hash: fnv1a64(chosen) }
}

/**
 * Which samples are learned from, and which choose the epoch: those that the data set puts aside, or a fraction of each
 * class of `train`.
 * @param fraction as of `stratifiedSplit`; `none`: the last epoch counts, and what the data set puts aside is left out
 * @returns null where all of `train` is learned from
 * @throws UsageError as `stratifiedSplit`
 */
export function validationSplit(
  { train, validation }: Pick<Datasets, 'train' | 'validation'>,
  fraction: number | 'none',
  seed: number,
): { train: Uint32Array; validation?: Uint32Array; hash: string } | null {
  if (!validation) return fraction === 'none' ? null : stratifiedSplit(train, fraction, seed)
  const chosen = new Uint8Array(train.length)
  for (const i of validation) chosen[i] = 1
  return { train: where(chosen, 0), ...(fraction === 'none' ? {} : { validation }), hash: fnv1a64(chosen) }
}

function where(chosen: Uint8Array, value: number): Uint32Array {
  const found: number[] = []
  for (let i = 0; i < chosen.length; i++) if (chosen[i] === value) found.push(i)
  return Uint32Array.from(found)
}

/** FNV-1a, 64 bits, of one byte per image: which side it is on. */
function fnv1a64(bytes: Uint8Array): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}
