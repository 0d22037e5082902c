/** Bytes that can be read in any order without having all of them in memory. */
export interface ByteSource {
  /** What errors call it. */
  readonly name: string
  readonly size: number
  /** `length` bytes from `offset` on; fewer at the end. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** Bytes in memory as a source. */
export function bytesSource(bytes: Uint8Array, name: string): ByteSource {
  return { name, size: bytes.length, read: async (offset, length) => bytes.subarray(offset, offset + length) }
}
