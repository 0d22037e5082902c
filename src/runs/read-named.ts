import { readFile } from 'node:fs/promises'
import { UsageError } from '../base/index.ts'

/** Bytes of a file that a person named. @throws UsageError if it cannot be read */
export async function readNamed(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new UsageError({ what: 'cannot read this file', place: file, got: (cause as Error).message, cause })
  }
}
