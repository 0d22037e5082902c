import { systemFault, writeWhole } from '../base/index.ts'
import type { Transform } from '../data/index.ts'
import type { Network } from '../nn/index.ts'
import { type Checkpoint, checkpointBytes, loadCheckpoint } from './checkpoint.ts'
import type { Encode } from './input.ts'
import { freshProgress } from './progress.ts'

const lossNames = { numbers: 'squaredError', labels: 'severalLabels' } as const

/** What is saved beside a network, so that `predict` needs nothing else. */
export interface SaveNetworkOptions {
  /** Time steps that it is run for. */
  readonly T: number
  /** Names of its outputs. */
  readonly classes?: readonly string[]
  /** `numbers`: its outputs are numbers of a regression; `labels`: a sample has several labels. Default: classes. */
  readonly targets?: 'numbers' | 'labels'
  /** What samples go through first: the normalisation. */
  readonly transforms?: readonly Transform[]
  /** How samples become a sequence: one of `encoders`. */
  readonly encode?: Encode
}

/**
 * Writes a network to a file, whole or not at all: a checkpoint without a run, which `loadNetwork` and the command line read.
 * @throws ResourceError where the file cannot be written
 */
export async function saveNetwork(network: Network, file: string, options: SaveNetworkOptions): Promise<void> {
  await writeWhole(file, await networkBytes(network, options))
}

/** The bytes of such a file, for pages, which have none. */
export async function networkBytes(network: Network, options: SaveNetworkOptions): Promise<Uint8Array> {
  const { T, classes, targets, transforms = [], encode } = options
  const evaluation = transforms.map(({ name, options }) => ({ name, options }))
  const training = {
    T,
    dataset: { name: 'own data', ...(targets ? { targets } : {}) },
    loss: { name: targets ? lossNames[targets] : 'rate' },
    ...(classes ? { classes } : {}),
    ...(encode ? { encode: encode.name } : {}),
    transforms: { train: evaluation, evaluation },
  }
  return checkpointBytes(network, { progress: freshProgress, training })
}

/**
 * Reads a network from a file that `saveNetwork` or a run wrote.
 * @param file a path in Node, or the bytes of a file
 * @param options `network`: filled instead of a new one, needed where the file cannot hold the layers: one with layers of
 * one's own, or a model that is a function
 * @returns the network as `net`, with what its training says; `predict` takes it
 * @throws FormatError where the bytes are no checkpoint; ResourceError where the file cannot be read
 */
export async function loadNetwork(
  file: string | Uint8Array,
  options: { readonly network?: Network } = {},
): Promise<Checkpoint> {
  if (typeof file !== 'string') return loadCheckpoint(file, options)
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const bytes = await readFile(file).catch((error) => {
    throw systemFault(error, { what: 'the network cannot be read', path: file })
  })
  return loadCheckpoint(bytes, { ...options, file })
}
