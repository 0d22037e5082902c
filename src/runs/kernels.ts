import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, writeWhole } from '../base/index.ts'
import type { DefaultBackendOptions } from '../hosts/node/index.ts'
import { checkpointKernels, type KernelRecord, kernelRecord } from '../train/index.ts'
import { readNamed } from './read-named.ts'
import { runFiles } from './run-files.ts'

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
  const file = join(folder, runFiles.last)
  let bytes: Uint8Array
  try {
    bytes = await readFile(file)
  } catch {
    return undefined
  }
  return checkpointKernels(bytes, file)?.choices
}

export async function writeKernels(folder: string, record: KernelRecord): Promise<void> {
  await writeWhole(join(folder, runFiles.kernels), `${JSON.stringify(record, undefined, 2)}\n`)
}
