import { UsageError } from '../../base/index.ts'
import type { DataFolder } from '../files.ts'

const origins: Record<string, string> = {
  mnist: 'https://github.com/cvdfoundation/mnist (four .gz files)',
  'fashion-mnist': 'https://github.com/zalandoresearch/fashion-mnist (four .gz files)',
  cifar10: 'https://www.cs.toronto.edu/~kriz/cifar.html (binary version), and unpack it',
  cifar100: 'https://www.cs.toronto.edu/~kriz/cifar.html (binary version), and unpack it',
}

/** The error for a folder that does not hold what a data set needs. */
export function missingFiles(
  name: string,
  folder: DataFolder,
  missing: readonly string[],
  of: number,
  remark = '',
): UsageError {
  const all = missing.length === of
  return new UsageError({
    what: all ? `no ${name} files here` : `${missing.length} of ${of} ${name} files are missing`,
    place: folder.place,
    expected: missing.join(', ') + (remark ? ` (${remark})` : ''),
    got: all ? 'none of them' : `all but ${missing.length}`,
    next: `get them from ${origins[name]}, or name another folder`,
  })
}
