import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError } from '../../base/index.ts'
import type { DefaultBackendOptions } from '../../node-backend.ts'
import { checkpointKernels, type KernelRecord, kernelRecord, writeWhole } from '../../train/index.ts'
import { readNamed } from '../read-named.ts'
import { tableText } from '../table.ts'

/** A run's choices of kernels, beside its record. */
export const kernelsFile = 'kernels.json'

type Kernels = NonNullable<DefaultBackendOptions['kernels']>

/** Reads `--kernels`: a way to choose, or the file of a run (kernels.json or a checkpoint) whose choices are kept. */
export async function kernelsOf(option: string): Promise<Kernels> {
  if (option === 'auto') return 'calibrated'
  if (option === 'events') return 'events'
  return (await readKernels(option)).choices
}

async function readKernels(file: string): Promise<KernelRecord> {
  const bytes = await readNamed(file)
  if (file.endsWith('.safetensors')) {
    const record = checkpointKernels(bytes, file)
    if (record) return record
    throw new FormatError({ what: 'this checkpoint does not say which kernels made it', place: file })
  }
  return kernelRecord(new TextDecoder().decode(bytes), file)
}

/** What a run that goes on had chosen; undefined where its last checkpoint does not say, or there is none yet. */
export async function kernelsOfRun(folder: string): Promise<Kernels | undefined> {
  const file = join(folder, 'checkpoints', 'last.safetensors')
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch {
    return undefined
  }
  return checkpointKernels(bytes, file)?.choices
}

export async function writeKernels(folder: string, record: KernelRecord): Promise<void> {
  await writeWhole(join(folder, kernelsFile), `${JSON.stringify(record, undefined, 2)}\n`)
}

const tileText: { readonly [P in KernelRecord['choices'][number]['pass']]: (tile: number) => string } = {
  forward: (tile) => `${tile} vectors of channels`,
  'weight gradient': (tile) => `${tile} pixels`,
  'input gradient': (tile) => `${tile / 1024} KiB of weights`,
}

/** `--explain-kernels`: what was chosen, for which rate, and what either would have cost. */
export function kernelsText({ features, choices }: KernelRecord): string {
  const price = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(1))
  const rows = choices.map(({ layer, pass, kernels, tile, rate, predicted }) => [
    layer,
    pass,
    kernels,
    kernels === 'events' && tile ? tileText[pass](tile) : '-',
    `${(100 * rate).toFixed(1)} %`,
    price(predicted?.events),
    price(predicted?.dense),
  ])
  const head = ['layer', 'pass', 'kernels', 'together', 'rate', 'events', 'dense']
  const notes = 'together: what event kernels take at once, so that it stays in a near cache'
  return `${tableText(head, rows)}\n\n${notes}\nevents, dense: predicted picoseconds per multiply-add, on ${features.join(', ')}\n`
}
