import { FormatError } from '../../base/index.ts'
import { readTar, readZip, safePath } from '../../formats/index.ts'
import { isSystemLitter } from '../stray-names.ts'
import { checkDiskSpace, diskSource } from './disk.ts'

export type ArchiveKind = 'zip' | 'tar' | 'tar.gz' | 'gz'

export interface UnpackOptions {
  /** Leading folders of a member's path that are left out. Default 0. */
  readonly strip?: number
  /** Names that may lie at the top; default: any that is not hidden. */
  readonly top?: readonly string[]
  /** Most bytes in all; default 2^40. */
  readonly limitBytes?: number
  /** Most members; default 4 million. */
  readonly limitMembers?: number
  /** What a .gz file's contents are called. */
  readonly name?: string
  readonly progress?: (bytes: number) => void
}

/** A file that was unpacked. */
export interface UnpackedFile {
  /** Below the folder, with `/`. */
  readonly path: string
  readonly size: number
  readonly sha256: string
}

interface Member {
  readonly name: string
  readonly isFolder: boolean
  /** In bytes, where it is known. */
  readonly size?: number
  readonly chunks: AsyncIterable<Uint8Array>
}

/**
 * Unpacks an archive into a folder, which should be new. Members are files and folders below it: paths that climb out,
 * links, devices and hidden names are refused, and so is more than the limits allow. What macOS adds to archives by
 * itself (`__MACOSX`, `._name`) is left out. Memory holds one piece at a time.
 * @throws FormatError if the archive is damaged or has such a member; what was unpacked until then stays
 */
export async function unpackArchive(
  archive: string,
  kind: ArchiveKind,
  folder: string,
  options: UnpackOptions = {},
): Promise<UnpackedFile[]> {
  const { mkdir } = process.getBuiltinModule('node:fs/promises')
  const { basename, dirname, join } = process.getBuiltinModule('node:path')
  const { strip = 0, top, limitBytes = 2 ** 40, limitMembers = 4_000_000, progress = () => {} } = options
  const label = basename(archive)
  const files: UnpackedFile[] = []
  await mkdir(folder, { recursive: true })
  let [bytes, count] = [0, 0]
  const grow = (more: number) => {
    bytes += more
    progress(bytes)
    if (bytes > limitBytes) throw tooMuch(label, `${limitBytes} bytes`)
  }
  for await (const member of membersOf(archive, kind, label, options.name)) {
    if (++count > limitMembers) throw tooMuch(label, `${limitMembers} members`)
    const parts = safePath(member.name, label).split('/').slice(strip)
    const path = parts.join('/')
    if (path === '' || parts.some(isSystemLitter)) continue
    checkName(parts, label, top)
    if (member.size !== undefined && bytes + member.size > limitBytes) throw tooMuch(label, `${limitBytes} bytes`)
    const target = join(folder, ...path.split('/'))
    await claiming(label, path, async () => {
      await mkdir(member.isFolder ? target : dirname(target), { recursive: true })
      if (!member.isFolder) files.push({ path, ...(await writeMember(target, member.chunks, grow)) })
    })
  }
  return files
}

/** A server must not choose what lies in a person's folder: `.git`, or a name beside those of the data set. */
function checkName(parts: readonly string[], label: string, top: readonly string[] | undefined): void {
  const hidden = parts.some((part) => part.startsWith('.'))
  if (!hidden && (top === undefined || top.includes(parts[0]))) return
  throw new FormatError({
    what: hidden ? 'the archive has a hidden member' : 'the archive has a member that is none of this data set',
    place: `${label}, member ${JSON.stringify(parts.join('/').slice(0, 120))}`,
    expected: hidden ? 'names that do not begin with a dot' : (top ?? []).join(', ').slice(0, 120),
    got: JSON.stringify(parts[0].slice(0, 120)),
    next: 'Do not trust this archive: nothing of it was kept. Fetch it from where it was published.',
  })
}

/** A member where a file or folder of another member already is. */
async function claiming(label: string, path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    if (!['EEXIST', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG', 'EINVAL'].includes(code ?? '')) throw cause
    throw new FormatError({
      what: 'a member of the archive cannot be written',
      place: `${label}, member ${JSON.stringify(path.slice(0, 120))}`,
      got: code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR' ? 'another member is there' : String(code),
      cause,
    })
  }
}

async function writeMember(
  target: string,
  chunks: AsyncIterable<Uint8Array>,
  grow: (bytes: number) => void,
): Promise<{ size: number; sha256: string }> {
  const { open } = process.getBuiltinModule('node:fs/promises')
  const { createHash } = process.getBuiltinModule('node:crypto')
  const hash = createHash('sha256')
  let size = 0
  // wx: a member never replaces what is there.
  const file = await open(target, 'wx')
  try {
    for await (const chunk of chunks) {
      grow(chunk.length)
      size += chunk.length
      hash.update(chunk)
      await file.writeFile(chunk)
    }
  } finally {
    await file.close()
  }
  return { size, sha256: hash.digest('hex') }
}

async function* membersOf(archive: string, kind: ArchiveKind, label: string, name?: string): AsyncGenerator<Member> {
  if (kind === 'zip') {
    const source = await diskSource(archive)
    try {
      const entries = await readZip(source)
      const total = entries.reduce((sum, { size }) => sum + size, 0)
      const { dirname } = process.getBuiltinModule('node:path')
      await checkDiskSpace(dirname(archive), total)
      for (const entry of entries) {
        yield { name: entry.name, isFolder: entry.isFolder, size: entry.size, chunks: entry.chunks() }
      }
    } finally {
      await source.close()
    }
    return
  }
  if (kind === 'gz') {
    yield { name: name ?? label.replace(/\.gz$/, ''), isFolder: false, chunks: contentsOf(archive, label, true) }
    return
  }
  const chunks = contentsOf(archive, label, kind === 'tar.gz')
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: async () => void (await chunks.return(undefined)),
  })
  for await (const { name: member, type, size, chunks: bytes } of readTar(stream, label)) {
    if (type !== 'file' && type !== 'directory') throw otherType(label, member, type)
    yield { name: member, isFolder: type === 'directory', size, chunks: bytes }
  }
}

/** A file's bytes, piece by piece, unpacked where it is gzip. */
async function* contentsOf(path: string, label: string, gzip: boolean): AsyncGenerator<Uint8Array> {
  const { createReadStream } = process.getBuiltinModule('node:fs')
  const { pipeline } = process.getBuiltinModule('node:stream')
  const { createGunzip } = process.getBuiltinModule('node:zlib')
  const plain = createReadStream(path)
  // Errors of either stream come out of the loop below.
  const stream = gzip ? pipeline(plain, createGunzip(), () => {}) : plain
  try {
    for await (const chunk of stream) yield chunk as Uint8Array
  } catch (cause) {
    if (!/^Z_/.test((cause as NodeJS.ErrnoException).code ?? '')) throw cause
    throw new FormatError({
      what: 'gzip file is truncated or damaged',
      place: `${label}, at or before byte ${plain.bytesRead}`,
      got: cause instanceof Error ? cause.message : String(cause),
      next: 'Fetch the file again.',
      cause,
    })
  }
}

function tooMuch(label: string, limit: string): FormatError {
  return new FormatError({
    what: 'the archive unpacks to more than is allowed here',
    place: `${label}, byte 0`,
    expected: `at most ${limit}`,
    got: 'more',
    next: 'The archive is damaged, or not what it claims to be.',
  })
}

function otherType(label: string, name: string, type: string): FormatError {
  return new FormatError({
    what: 'the archive has a member that is neither file nor folder',
    place: `${label}, member ${JSON.stringify(name.slice(0, 120))}`,
    expected: 'files and folders',
    got: type,
    next: 'Links and devices are never unpacked.',
  })
}
