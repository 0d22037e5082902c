/** A place that data files are read from: a folder of this machine, a web address, or files a person dropped on a page. */
export interface DataFolder {
  /** What errors call it. */
  place: string
  /** The bytes of a file, or undefined where there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>
  /** What lies in a folder below this one, in the order of names; undefined where there is no such folder. */
  list?(name: string): Promise<FolderEntry[] | undefined>
}

export interface FolderEntry {
  readonly name: string
  readonly isFolder: boolean
  /** Bytes of a file; 0 for a folder. */
  readonly size: number
}

/** A folder on disk. Works where Node's file system is; loading this module elsewhere does no harm. */
export function diskFolder(folder: string | URL): DataFolder {
  const { readFile, readdir, stat } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  const { fileURLToPath } = process.getBuiltinModule('node:url')
  const place = typeof folder === 'string' ? folder : fileURLToPath(folder)
  return {
    place,
    async read(name) {
      return unlessMissing(() => readFile(join(place, name)))
    },
    async list(name) {
      const found = await unlessMissing(() => readdir(join(place, name)))
      const entries = found?.sort(byCodeUnits).map(async (entry) => {
        const status = await unlessMissing(() => stat(join(place, name, entry)))
        const isFolder = status?.isDirectory() ?? false
        return { name: entry, isFolder, size: status?.isFile() ? status.size : 0 }
      })
      return entries && Promise.all(entries)
    },
  }
}

/** The order of names that does not depend on a language. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

async function unlessMissing<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
    throw error
  }
}

/** Files below a web address, for pages. */
export function webFolder(address: string | URL): DataFolder {
  const base = String(address).replace(/\/*$/, '/')
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

/** A path or address as given, or the folder it names. */
export function openFolder(folder: DataFolder | string | URL): DataFolder {
  if (typeof folder !== 'string' && !(folder instanceof URL)) return folder
  if (/^https?:/.test(String(folder))) return webFolder(folder)
  return diskFolder(folder)
}
