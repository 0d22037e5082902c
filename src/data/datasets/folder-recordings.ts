import type { Events, SensorSize } from '../../formats/index.ts'
import type { DataFolder } from '../files.ts'
import { type ClassFile, readListed } from './folder-sets.ts'
import type { Recordings } from './recordings.ts'

export type ReadFile = (bytes: Uint8Array, file: string) => Events | Promise<Events>

/** Files of a folder, each a recording. */
export function recordingsOf(
  name: string,
  classes: readonly string[],
  sensor: SensorSize,
  { folder, files, read }: { folder: DataFolder; files: readonly ClassFile[]; read: ReadFile },
): Recordings {
  return {
    name,
    classes,
    sensor,
    folder,
    members: files.map(({ label, ...file }) => ({ id: file.path, label, file })),
    read: async (i) => read(await readListed(folder, files[i].path), files[i].path),
  }
}
