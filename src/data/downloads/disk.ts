import { ResourceError, sizeText } from '../../base/index.ts'
import type { ByteSource } from '../../formats/index.ts'

/** A file on disk as a source; close it when done. */
export async function diskSource(path: string): Promise<ByteSource & { close(): Promise<void> }> {
  const { open } = process.getBuiltinModule('node:fs/promises')
  const { basename } = process.getBuiltinModule('node:path')
  const file = await open(path, 'r')
  const { size } = await file.stat()
  return {
    name: basename(path),
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - offset)))
      const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
      return bytes.subarray(0, bytesRead)
    },
    close: () => file.close(),
  }
}

/** @throws ResourceError if the disk of a folder has less room than is needed */
export async function checkDiskSpace(folder: string, needed: number): Promise<void> {
  const { statfs } = process.getBuiltinModule('node:fs/promises')
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= needed) return
  throw new ResourceError({
    what: 'the disk has too little room',
    place: folder,
    expected: `${sizeText(needed)} or more`,
    got: `${sizeText(free)} free`,
    next: 'Make room, or name another folder.',
  })
}

/** Size of a file; undefined where there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const { stat } = process.getBuiltinModule('node:fs/promises')
  return stat(path).then(
    (status) => (status.isFile() ? status.size : undefined),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
      throw error
    },
  )
}

export type HashName = 'md5' | 'sha256'

/** The hash of a file in hexadecimal, read piece by piece. */
export async function fileHash(path: string, algorithm: HashName): Promise<string> {
  const { createHash } = process.getBuiltinModule('node:crypto')
  const { createReadStream } = process.getBuiltinModule('node:fs')
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(path)) hash.update(chunk)
  return hash.digest('hex')
}
