import { ResourceError, SpikeletError } from '../base/index.ts'

/** What the system's codes mean to a person, and what there is to do about them. */
const meanings: { readonly [code: string]: readonly [got: string, next: string] } = {
  EACCES: ['no permission', 'Give yourself permission to it, or name another place.'],
  EPERM: ['no permission', 'Give yourself permission to it, or name another place.'],
  EROFS: ['a read-only disk', 'Name a place on a disk that can be written.'],
  ENOSPC: ['a full disk', 'Make room, or name a place on another disk.'],
  EDQUOT: ['a used-up quota', 'Make room, or name a place on another disk.'],
  EFBIG: ['a file larger than this disk takes', 'Name a place on another disk.'],
  EMFILE: ['as many open files as this process may have', 'Raise the limit (ulimit -n), and try again.'],
  ENFILE: ['as many open files as the system allows', 'Close other programs, and try again.'],
  EIO: ['an error of the disk', 'Check the disk, or name a place on another one.'],
  EEXIST: ['a file or folder of that name', 'Move it away, or name another place.'],
  ENOTDIR: ['a file where a folder should be', 'Move it away, or name another place.'],
  EISDIR: ['a folder where a file should be', 'Move it away, or name another place.'],
  ENOENT: ['nothing there', 'Check the name.'],
  ENAMETOOLONG: ['a name longer than this disk takes', 'Name a place with a shorter path.'],
}

/**
 * An error of the file system as one that a person can act on.
 * @param what what could not be done, such as `the frame cache cannot be written`
 * @param place path of the file or folder
 * @param next what to do, where the caller knows it better than the system's code
 * @returns a ResourceError; the cause itself where it is a Spikelet error, or none of the file system
 */
export function diskFault(cause: unknown, what: string, place: string, next?: string): unknown {
  if (cause instanceof SpikeletError) return cause
  const { code = '' } = cause as NodeJS.ErrnoException
  if (!Object.hasOwn(meanings, code)) return cause
  const [got, usual] = meanings[code]
  return new ResourceError({ what, place, got: `${got} (${code})`, next: next ?? usual, cause })
}
