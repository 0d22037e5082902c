/** A place that data files are read from: a folder of this machine, a web address, or files a person dropped on a page. */
export interface DataFolder {
  /** What errors call it. */
  place: string
  /** The bytes of a file, or undefined where there is no such file. */
  read(name: string): Promise<Uint8Array | undefined>
}

/** A folder on disk. Works where Node's file system is; loading this module elsewhere does no harm. */
export function diskFolder(folder: string | URL): DataFolder {
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const { join } = process.getBuiltinModule('node:path')
  const { fileURLToPath } = process.getBuiltinModule('node:url')
  const place = typeof folder === 'string' ? folder : fileURLToPath(folder)
  return {
    place,
    async read(name) {
      try {
        return await readFile(join(place, name))
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined
        throw error
      }
    },
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
