import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { sample, samplesOf } from '../../test/formats/samples.ts'
import { crc32 } from './crc32.ts'
import { withChannels } from './image.ts'
import { readJpeg } from './jpeg/index.ts'
import { readPng } from './png.ts'
import { writePng } from './write-png.ts'

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe.each([
  ['jpeg', readJpeg],
  ['png', readPng],
] as const)('%s', (kind, read) => {
  test.each(samplesOf(kind))('%s has the pixels that another decoder gives', (name) => {
    const { bytes, width, height, channels, pixelsSha256, firstPixels } = sample(name)
    const image = read(bytes, { file: name })
    expect([image.width, image.height, image.channels]).toEqual([width, height, name === 'palette.png' ? 3 : channels])
    expect([...image.pixels.subarray(0, 6)]).toEqual(firstPixels)
    expect(sha256(image.pixels)).toBe(pixelsSha256)
  })

  test('every cut is refused with file and byte', () => {
    const { bytes } = sample(samplesOf(kind)[0])
    for (let length = 0; length < bytes.length - 2; length += 7) {
      expect(() => read(bytes.slice(0, length), { file: 'cut' })).toThrow(/cut, byte \d+/)
    }
  })

  test('an image above the limit is refused before it is unpacked', () => {
    const { bytes } = sample(samplesOf(kind)[0])
    expect(() => read(bytes, { file: 'large', maxPixels: 10 })).toThrow(/larger than is allowed[\s\S]*large, byte/)
  })
})

describe('png', () => {
  test('what is written reads back', () => {
    const pixels = Uint8Array.from({ length: 5 * 3 * 3 }, (_, i) => (i * 29) % 256)
    expect(readPng(writePng({ width: 5, height: 3, channels: 3, pixels }))).toEqual({
      width: 5,
      height: 3,
      channels: 3,
      pixels,
    })
  })

  test('a bomb in its data is refused', () => {
    const plain = writePng({ width: 4, height: 4, channels: 1, pixels: new Uint8Array(16) })
    const packed = deflateSync(new Uint8Array(30_000_000))
    const chunk = new Uint8Array(12 + packed.length)
    const view = new DataView(chunk.buffer)
    view.setUint32(0, packed.length)
    chunk.set(new TextEncoder().encode('IDAT'), 4)
    chunk.set(packed, 8)
    view.setUint32(8 + packed.length, crc32(chunk.subarray(4, 8 + packed.length)))
    const bomb = new Uint8Array([...plain.subarray(0, 33), ...chunk, ...plain.subarray(plain.length - 12)])
    const started = performance.now()
    expect(() => readPng(bomb, { file: 'bomb.png' })).toThrow(/unpack to more[\s\S]*bomb\.png, byte/)
    expect(performance.now() - started).toBeLessThan(20_000)
  })

  test('a wrong checksum is refused', () => {
    const bytes = sample('rgb.png').bytes.slice()
    bytes[20] ^= 1
    expect(() => readPng(bytes, { file: 'a.png' })).toThrow(/wrong checksum[\s\S]*a\.png, byte 8/)
  })
})

test('grey becomes colour by repetition, colour grey by luma', () => {
  const grey = { width: 2, height: 1, channels: 1, pixels: Uint8Array.of(7, 200) }
  expect([...withChannels(grey, 3).pixels]).toEqual([7, 7, 7, 200, 200, 200])
  const colour = { width: 1, height: 1, channels: 3, pixels: Uint8Array.of(255, 0, 100) }
  expect([...withChannels(colour, 1).pixels]).toEqual([Math.round(0.299 * 255 + 0.114 * 100)])
})
