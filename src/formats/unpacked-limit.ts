/** Every file may unpack to so much. */
const always = 2 ** 26
/** Data that is worth training on does not shrink by more. */
const mostRatio = 20

/**
 * Bytes that packed bytes may unpack to, by what recordings and images of that size can be: deflate alone makes a thousand
 * times as many, and then a small file takes all memory.
 */
export function unpackedLimit(packedBytes: number): number {
  return always + mostRatio * packedBytes
}
