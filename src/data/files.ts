import { systemFault, UsageError } from '../base/index.ts'
import { isStrayName } from './stray-names.ts'

/** A place that data files are read from: a folder of this machine, a web address, or files a person dropped on a page. */
export interface DataFolder {
  /** What errors call it. */
  place: string
  /** The bytes of a file, or undefined where there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>
  /** What lies in a folder below this one, in the order of names; undefined where there is no such folder. */
  list?(name: string): Promise<FolderEntry[] | undefined>
}

/** Where data lies: a path, an address of the web, as text or as a URL object, or a folder that is open already. */
export type Place = DataFolder | FolderAddress

/** A path, an address of the web, or a URL object: anything with an `href`, so that no library of types is needed. */
export type FolderAddress = string | { readonly href: string }

export interface FolderEntry {
  readonly name: string
  readonly isFolder: boolean
  /** Bytes of a file; 0 for a folder. */
  readonly size: number
  /** Of a file on a disk: which version of it this is, as far as the file system can tell. */
  readonly version?: FileVersion
}

/** What a file system says of a file's version: equal stamps, and an old change, mean equal bytes. */
export interface FileVersion {
  /** Depends on the file's place on the disk, its size and its times; another version has another one. */
  readonly stamp: string
  /** When the file was last changed, in milliseconds of the file system's clock. */
  readonly changedMs: number
}

/** A file of a data set, found but not read yet. */
export interface StoredFile {
  /** Below the data set's folder, with `/`. */
  readonly path: string
  readonly bytes: number
  readonly version?: FileVersion
  /** Hash of its bytes, where they were read already; see `contentHash`. */
  readonly hash?: string
}

/** What lies in a folder, without hidden files and what systems leave behind; undefined where there is no such folder. */
export async function listedIn(folder: Required<DataFolder>, name: string): Promise<FolderEntry[] | undefined> {
  return (await folder.list(name))?.filter((entry) => !isStrayName(entry.name))
}

/** A folder on disk. Works where Node's file system is; loading this module elsewhere does no harm. */
export function diskFolder(folder: FolderAddress): DataFolder {
  const { readFile, readdir, stat } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  const { fileURLToPath } = process.getBuiltinModule('node:url')
  const place = typeof folder === 'string' ? folder : fileURLToPath(folder.href)
  return {
    place,
    async read(name) {
      return unlessMissing(join(place, name), (path) => readFile(path))
    },
    async list(name) {
      const found = await unlessMissing(join(place, name), (path) => readdir(path))
      const entries = found?.sort(byCodeUnits).map(async (entry) => {
        const status = await unlessMissing(join(place, name, entry), (path) => stat(path, { bigint: true }))
        if (!status?.isFile()) return { name: entry, isFolder: status?.isDirectory() ?? false, size: 0 }
        const { dev, ino, size, mtimeNs, ctimeNs } = status
        const stamp = [dev, ino, size, mtimeNs, ctimeNs].join('-')
        const changedMs = Number((mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n)
        return { name: entry, isFolder: false, size: Number(size), version: { stamp, changedMs } }
      })
      return entries && Promise.all(entries)
    },
  }
}

/** The order of names that does not depend on a language. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

async function unlessMissing<Result>(
  path: string,
  work: (path: string) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await work(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw systemFault(error, { what: 'a file or folder of the data set cannot be read', path })
  }
}

/** Files below a web address, for pages. */
export function webFolder(address: FolderAddress): DataFolder {
  const base = addressText(address).replace(/\/*$/, '/')
  return {
    place: base,
    async read(name) {
      const response = await fetch(base + name)
      if (response.status === 404) return undefined
      if (!response.ok) throw new Error(`${base}${name}: ${response.status} ${response.statusText}`)
      return new Uint8Array(await response.arrayBuffer())
    },
  }
}

/**
 * A path or address as given, or the folder it names.
 * @throws UsageError for anything else
 */
export function openFolder(folder: Place): DataFolder {
  const isObject = typeof folder === 'object' && folder !== null
  if (isObject && 'read' in folder) return folder
  if (typeof folder !== 'string' && !(isObject && 'href' in folder)) {
    throw new UsageError({
      what: 'this is no folder of data',
      expected: "a path, an address, or a folder that can be read, such as './data/mnist'",
      got: JSON.stringify(folder) ?? String(folder),
    })
  }
  if (/^https?:/.test(addressText(folder))) return webFolder(folder)
  return diskFolder(folder)
}

function addressText(address: FolderAddress): string {
  return typeof address === 'string' ? address : address.href
}
