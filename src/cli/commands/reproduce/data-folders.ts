import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../../../base/index.ts'
import { datasetNames } from '../../../data/index.ts'

/** What folders of unpacked data sets are called, beside the data set's own name. */
const usualNames: { readonly [dataset: string]: RegExp } = {
  cifar10: /^cifar-10-batches/,
  cifar100: /^cifar-100-(binary|python)/,
  'tiny-imagenet': /^tiny-imagenet-200/,
  'dvs-gesture': /^DvsGesture$/i,
  'dvs-cifar10': /^CIFAR10-DVS$/i,
}

/** Comes with Spikelet, and needs no folder. */
const embedded = 'fashion-mnist'

/**
 * Where data sets are: `--data` names a folder that holds a folder for each, or `NAME=FOLDER` for one of them.
 * @returns folders by the name of the data set
 * @throws UsageError for an unknown data set
 */
export async function dataFolders(choices: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const choice of choices) {
    const at = choice.indexOf('=')
    if (at < 0) for (const [name, folder] of await inside(choice)) found.set(name, folder)
    else found.set(knownName(choice.slice(0, at)), choice.slice(at + 1))
  }
  return found
}

async function inside(parent: string): Promise<[string, string][]> {
  const folders = await foldersIn(parent)
  return datasetNames.flatMap((name): [string, string][] => {
    if (name === embedded) return []
    const folder = folders.find((one) => one === name) ?? folders.find((one) => usualNames[name]?.test(one))
    return folder === undefined ? [] : [[name, join(parent, folder)]]
  })
}

/** Names of the folders that hold something. */
async function foldersIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => !entry.isFile()).map(({ name }) => name)
  const filled = await Promise.all(
    names.map(async (name) => (await readdir(join(parent, name)).catch(() => [])).length > 0),
  )
  return names.filter((_, i) => filled[i]).sort()
}

function knownName(name: string): string {
  if ((datasetNames as readonly string[]).includes(name)) return name
  throw new UsageError({
    what: `--data names an unknown data set '${name}'`,
    expected: datasetNames.join(', '),
    got: `'${name}'`,
    next: 'Write a folder that holds data sets, or NAME=FOLDER.',
  })
}

/** What tells the files of a data set from others: names and sizes of what lies in its folder. */
export async function folderFingerprint(folder: string | undefined): Promise<string> {
  if (folder === undefined) return 'embedded'
  const { stat } = await import('node:fs/promises')
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()
  const sizes = await Promise.all(
    names.map(async (name) => {
      const status = await stat(join(folder, name))
      return status.isFile() ? `${name}:${status.size}` : name
    }),
  )
  return sizes.join('|')
}
