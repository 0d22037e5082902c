import { ResourceError } from '../../base/index.ts'

/**
 * Room for samples that threads can share, or plain memory where a page may not share any.
 * @throws ResourceError if there is not so much memory
 */
export function sharedBytes(size: number): Uint8Array {
  try {
    return new Uint8Array(
      typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(size) : new SharedArrayBuffer(size),
    )
  } catch (cause) {
    throw new ResourceError({
      what: 'the samples of a data set do not fit into memory',
      expected: 'fewer or smaller samples',
      got: `${size} bytes`,
      next: 'Take a part of them, or scale them to a smaller size.',
      cause,
    })
  }
}
