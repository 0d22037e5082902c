/** Room for samples that threads can share, or plain memory where a page may not share any. */
export function sharedBytes(size: number): Uint8Array {
  return new Uint8Array(typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(size) : new SharedArrayBuffer(size))
}
