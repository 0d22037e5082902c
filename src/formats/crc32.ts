const table = Uint32Array.from({ length: 256 }, (_, i) => {
  let value = i
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1
  return value
})

/**
 * CRC-32 as zip, gzip and PNG have it.
 * @param before the checksum of what came before, to go on from
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before >>> 0
  for (let i = 0; i < bytes.length; i++) crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >>> 8)
  return ~crc >>> 0
}
