import { readFile } from 'node:fs/promises'
import { UsageError } from '../base/index.ts'
import { zooBytes, zooPrefix } from '../zoo/index.ts'

/** Bytes of a file that a person named, or of a network of the zoo: `zoo:NAME`. @throws UsageError if it cannot be read */
export async function readNamed(file: string): Promise<Uint8Array> {
  if (file.startsWith(zooPrefix)) return zooBytes(file.slice(zooPrefix.length))
  try {
    return await readFile(file)
  } catch (cause) {
    throw new UsageError({ what: 'cannot read this file', place: file, got: (cause as Error).message, cause })
  }
}
