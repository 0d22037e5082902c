import { convertIndexedToRgb, decode } from 'fast-png'
import { joinBytes } from '../base/index.ts'
import { crc32 } from './crc32.ts'
import { damageAt, guarded } from './damage.ts'
import { checkImageSize, type DecodedImage } from './image.ts'
import { inflate } from './inflate.ts'

const signature = [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]
/** Values a pixel has by colour type: grey, RGB, palette, grey and alpha, RGBA. */
const valuesPerPixel: { readonly [type: number]: number } = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const depths: { readonly [type: number]: readonly number[] } = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}
/** First column and row, and steps, of the seven passes of an interlaced image. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** Whether the bytes begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return signature.every((byte, i) => bytes[i] === byte)
}

/**
 * Reads a PNG file as bytes of 1 (grey) or 3 (colour) channels. Transparency is left out; 16 bits give their upper 8;
 * fewer than 8 are spread over 0 to 255.
 * @param options.maxPixels most pixels an image may have; default 2^24
 * @throws FormatError if it is damaged, too large, or unpacks to more than its size asks for
 */
export function readPng(bytes: Uint8Array, options: { file?: string; maxPixels?: number } = {}): DecodedImage {
  const { file = 'PNG bytes', maxPixels } = options
  const { header, essential } = readChunks(bytes, file, maxPixels)
  const { width, height, colour, depth } = header
  const image = guarded(file, 'PNG file is damaged', () => decode(essential))
  if (colour === 3) {
    const rgb = guarded(file, 'PNG palette is damaged', () => convertIndexedToRgb(image))
    return { width, height, channels: 3, pixels: withoutAlpha(rgb, width * height, rgb.length / (width * height), 3) }
  }
  const values = depth < 8 ? unpacked(image.data, width, height, depth) : image.data
  const channels = colour === 2 || colour === 6 ? 3 : 1
  const pixels = withoutAlpha(values, width * height, valuesPerPixel[colour], channels, depth === 16 ? 8 : 0)
  return { width, height, channels, pixels }
}

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly colour: number
  readonly interlaced: boolean
}

/** Checks every chunk, and gives the file with only those that decide the pixels. */
function readChunks(bytes: Uint8Array, file: string, maxPixels?: number): { header: Header; essential: Uint8Array } {
  if (!isPng(bytes)) throw damageAt(file, 0, { what: 'not a PNG file', expected: '89 50 4e 47', got: 'other bytes' })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const kept: Uint8Array[] = [bytes.subarray(0, 8)]
  const data: Uint8Array[] = []
  let header: Header | undefined
  let [at, ended, firstData] = [8, false, 0]
  while (!ended) {
    const length = at + 12 <= bytes.length ? view.getUint32(at) : Number.POSITIVE_INFINITY
    if (at + 12 + length > bytes.length) {
      throw damageAt(file, at, {
        what: 'PNG file is truncated',
        expected: 'a chunk',
        got: `${bytes.length - at} bytes`,
      })
    }
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    const end = at + 12 + length
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw damageAt(file, at, { what: `PNG chunk ${JSON.stringify(type)} has a wrong checksum` })
    }
    if (!header && type !== 'IHDR') throw damageAt(file, at, { what: 'PNG file does not begin with its header' })
    if (type === 'IHDR') header = readHeader(view, at + 8, length, file, maxPixels, header)
    if (type === 'IDAT') {
      firstData ||= at + 8
      data.push(bytes.subarray(at + 8, end - 4))
    }
    ended = type === 'IEND'
    if (['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type)) kept.push(bytes.subarray(at, end))
    at = end
  }
  const size = unpackedSize(header as Header)
  const raw = inflate(joinBytes(data), { file, offset: firstData, limit: size, zlib: true })
  if (raw.length !== size) {
    throw damageAt(file, firstData, {
      what: 'PNG image is too short',
      expected: `${size} bytes`,
      got: `${raw.length} bytes`,
    })
  }
  return { header: header as Header, essential: joinBytes(kept) }
}

function readHeader(
  view: DataView,
  at: number,
  length: number,
  file: string,
  maxPixels: number | undefined,
  before: Header | undefined,
): Header {
  const fault = (got: string) =>
    damageAt(file, at, { what: 'PNG header is damaged', expected: 'sizes, and a known colour type and depth', got })
  if (length !== 13 || before) throw fault(before ? 'a second header' : `${length} bytes`)
  const [width, height] = [view.getUint32(at), view.getUint32(at + 4)]
  const [depth, colour, , , interlace] = [8, 9, 10, 11, 12].map((offset) => view.getUint8(at + offset))
  if (!depths[colour]?.includes(depth) || interlace > 1) throw fault(`colour type ${colour}, ${depth} bits`)
  checkImageSize(width, height, file, at, maxPixels)
  return { width, height, depth, colour, interlaced: interlace === 1 }
}

function unpackedSize({ width, height, depth, colour, interlaced }: Header): number {
  const bits = depth * valuesPerPixel[colour]
  const rows = (w: number, h: number) => (w > 0 ? h * (1 + Math.ceil((w * bits) / 8)) : 0)
  if (!interlaced) return rows(width, height)
  return adam7.reduce(
    (sum, [x, y, dx, dy]) =>
      sum + rows(Math.max(0, Math.ceil((width - x) / dx)), Math.max(0, Math.ceil((height - y) / dy))),
    0,
  )
}

/** Grey values of fewer than 8 bits, spread over 0 to 255. */
function unpacked(data: ArrayLike<number>, width: number, height: number, depth: number): Uint8Array {
  const rowBytes = Math.ceil((width * depth) / 8)
  const largest = 2 ** depth - 1
  const values = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const bit = x * depth
      const value = (data[y * rowBytes + (bit >> 3)] >> (8 - depth - (bit & 7))) & largest
      values[y * width + x] = (value * 255) / largest
    }
  }
  return values
}

function withoutAlpha(
  values: ArrayLike<number>,
  pixels: number,
  stride: number,
  channels: number,
  shift = 0,
): Uint8Array {
  const out = new Uint8Array(pixels * channels)
  for (let i = 0; i < pixels; i++) {
    for (let c = 0; c < channels; c++) out[i * channels + c] = values[i * stride + c] >> shift
  }
  return out
}
