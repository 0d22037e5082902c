import { nearestName, UsageError } from '../../base/index.ts'
import type { DataFolder } from '../files.ts'
import { cifar10, cifar10Classes, cifar100 } from './cifar.ts'
import { cifar100Classes } from './cifar100-classes.ts'
import type { Datasets } from './dataset.ts'
import { digits, fashionClasses, fashionMnist, mnist } from './mnist.ts'

type Folder = DataFolder | string | URL

interface Entry {
  embedded: boolean
  /** Per channel, of pixels in 0..1. */
  mean: readonly number[]
  deviation: readonly number[]
  classes: readonly string[]
}

/** What is known of each data set by name; the normalisations are the usual ones of published runs. */
const entries = {
  'fashion-mnist': { embedded: true, mean: [0.286], deviation: [0.353], classes: fashionClasses },
  mnist: { embedded: false, mean: [0.1307], deviation: [0.3081], classes: digits },
  cifar10: {
    embedded: false,
    mean: [0.4914, 0.4822, 0.4465],
    deviation: [0.2023, 0.1994, 0.201],
    classes: cifar10Classes,
  },
  cifar100: {
    embedded: false,
    mean: [0.5071, 0.4867, 0.4408],
    deviation: [0.2675, 0.2565, 0.2761],
    classes: cifar100Classes,
  },
} satisfies Record<string, Entry>

const openers = { 'fashion-mnist': fashionMnist, mnist, cifar10, cifar100 }

export type DatasetName = keyof typeof entries

export const datasetNames = Object.keys(entries) as DatasetName[]

/**
 * A data set by name.
 * @param folder where its files are; fashion-mnist can do without
 * @throws UsageError if the name is unknown, or files are missing; FormatError if one is damaged
 */
export async function openDataset(name: string, folder?: Folder): Promise<Datasets> {
  const known = knownName(name)
  if (folder !== undefined) return openers[known](folder)
  if (known === 'fashion-mnist') return fashionMnist()
  throw new UsageError({
    what: `${known} needs a folder with its files`,
    expected: 'the folder',
    got: 'none',
    next: 'name the folder; only fashion-mnist comes with Spikelet',
  })
}

/**
 * Mean and standard deviation per channel, of pixels in 0..1.
 * @throws UsageError if the name is unknown
 */
export function normalisationOf(name: string): { mean: readonly number[]; deviation: readonly number[] } {
  const { mean, deviation } = entries[knownName(name)]
  return { mean, deviation }
}

/**
 * The usual names of the classes, in the order of their labels.
 * @throws UsageError if the name is unknown
 */
export function classNamesOf(name: string): readonly string[] {
  return entries[knownName(name)].classes
}

function knownName(name: string): DatasetName {
  if (Object.hasOwn(entries, name)) return name as DatasetName
  const near = nearestName(name, datasetNames)
  throw new UsageError({
    what: `unknown data set '${name}'`,
    expected: datasetNames.join(', '),
    got: `'${name}'`,
    ...(near ? { next: `did you mean '${near}'?` } : {}),
  })
}
