import { FormatError } from '../base/index.ts'

/**
 * The name of an archive's member as a path below the folder that it is unpacked into.
 * @throws FormatError if it would lie elsewhere: an absolute path, one that climbs (`..`), a drive, a control character
 */
export function safePath(name: string, file: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  const bad =
    name.startsWith('/') ||
    name.includes('\\') ||
    /^[A-Za-z]:/.test(name) ||
    [...name].some((letter) => letter < ' ') ||
    parts.some((part) => part === '..' || part.length > 255) ||
    name.length > 4096
  if (!bad && (parts.length > 0 || name.endsWith('/'))) return parts.join('/')
  throw new FormatError({
    what: 'a member of the archive has a path that may not be written',
    place: `${file}, member ${JSON.stringify(name.slice(0, 120))}`,
    expected: 'a path below the folder',
    got: 'one that leaves it, or has characters no path should have',
    next: 'Do not trust this archive; fetch it from where it was published.',
  })
}
