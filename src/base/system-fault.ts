import { ResourceError, SpikeletError } from './errors.ts'

/** What the system refuses, in words, and what helps. */
const faults: { readonly [code: string]: { readonly what: string; readonly next: string } } = {
  ENOSPC: { what: 'the disk is full', next: 'Make room and try again; what was there before is whole.' },
  EDQUOT: { what: 'your share of the disk is used up', next: 'Make room and try again; what was there is whole.' },
  EACCES: {
    what: 'this may not be read or written',
    next: 'Choose another place, or ask for the right to use this one.',
  },
  EPERM: {
    what: 'this may not be read or written',
    next: 'Choose another place, or ask for the right to use this one.',
  },
  EROFS: { what: 'this disk can only be read', next: 'Choose a folder on another disk.' },
  EFBIG: { what: 'the file is larger than this disk takes', next: 'Choose a place on another disk.' },
  ENOENT: { what: 'there is no such file or folder', next: 'Check the path.' },
  ENOTDIR: { what: 'a part of this path is a file, not a folder', next: 'Choose another path.' },
  EISDIR: { what: 'this is a folder, not a file', next: 'Name a file in it.' },
  EEXIST: { what: 'there is a file where a folder should be', next: 'Choose another path, or move the file away.' },
  ENAMETOOLONG: { what: 'this name is too long for the disk', next: 'Choose a shorter one.' },
  EMFILE: { what: 'this process has too many files open', next: 'Allow it more of them: ulimit -n 1024.' },
  ENFILE: { what: 'this machine has too many files open', next: 'Close other programs, and try again.' },
  EIO: { what: 'the disk does not answer as it should', next: 'Check the disk, and try again.' },
}

/** What a caller knows better than the system's error does. */
export interface FaultContext {
  /** What could not be done, such as `the frame cache cannot be written`. */
  readonly what?: string
  /** The file or folder; the one that the error itself names where left out. */
  readonly path?: string
  readonly next?: string
}

/**
 * What a system call threw, as an error for people.
 * @returns a ResourceError; the cause itself where it is a Spikelet error, or none of the system about a path
 */
export function systemFault(cause: unknown, { what, path, next }: FaultContext = {}): unknown {
  if (!(cause instanceof Error) || cause instanceof SpikeletError) return cause
  const { code, path: named, syscall } = cause as NodeJS.ErrnoException
  const place = path ?? named
  if (code === undefined || place === undefined) return cause
  const known = Object.hasOwn(faults, code) ? faults[code] : undefined
  if (!known && syscall === undefined) return cause
  const fault = known ?? { what: 'the system refuses this', next: 'Check the path.' }
  return new ResourceError({
    what: what ?? fault.what,
    place,
    got: what === undefined ? cause.message : `${fault.what} (${code})`,
    next: next ?? fault.next,
    cause,
  })
}
