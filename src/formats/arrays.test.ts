import { deflateRawSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { sample } from '../../test/formats/samples.ts'
import { bytesSource } from './byte-source.ts'
import { inflate } from './inflate.ts'
import { readNpy, writeNpy } from './npy.ts'
import { readEventNpy, readEventNpz, readNpz } from './npz.ts'
import { safePath } from './safe-path.ts'
import { readZip } from './zip.ts'

const npy = (name: string) => readNpy(sample(name).bytes, name)

describe('NPY', () => {
  test('numbers as NumPy wrote them', () => {
    expect(npy('f4.npy')).toEqual({ shape: [2, 3], values: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) })
    expect(npy('big-i2.npy')).toEqual({ shape: [3], values: Int16Array.of(1, -2, 300) })
  })

  test('records are events', () => {
    const { t, x, y, p } = readEventNpy(sample('events.npy').bytes)
    expect([[...t], [...x], [...y], [...p]]).toEqual([
      [5, 70, 2 ** 33],
      [1, 2, 3],
      [4, 5, 6],
      [1, 0, 1],
    ])
  })

  test('objects and Fortran order are refused', () => {
    expect(() => npy('objects.npy')).toThrow(/'\|O' cannot be read[\s\S]*objects\.npy, byte 10[\s\S]*never loaded/)
    expect(() => npy('fortran.npy')).toThrow(/Fortran order/)
  })

  test('what is written reads back, and a cut is refused', () => {
    const array = { shape: [2, 2], values: Int32Array.of(1, -2, 3, 4) }
    expect(readNpy(writeNpy(array))).toEqual(array)
    expect(() => readNpy(writeNpy(array).slice(0, -1), 'a.npy')).toThrow(/a\.npy, byte/)
  })
})

describe('NPZ', () => {
  test('as NumPy wrote it', async () => {
    expect([...(await readNpz(sample('events.npz').bytes)).keys()]).toEqual(['t', 'x', 'y', 'p'])
    const { t, p } = await readEventNpz(sample('events.npz').bytes)
    expect([[...t], [...p]]).toEqual([
      [5, 70, 2 ** 33],
      [1, 0, 1],
    ])
  })

  test('arrays that are no events are named', async () => {
    const bytes = zipSync({ 'a.npy': writeNpy({ shape: [1], values: Float32Array.of(1) }) })
    await expect(readEventNpz(bytes, { file: 'a.npz' })).rejects.toThrow(/no events[\s\S]*a\.npz[\s\S]*a \[1\]/)
  })
})

describe('zip', () => {
  const archive = zipSync({
    'folder/a.txt': new TextEncoder().encode('hello '.repeat(1000)),
    'b.bin': [Uint8Array.of(1, 2), { level: 0 }],
  })

  test('stored and deflated members', async () => {
    const entries = await readZip(bytesSource(archive, 'a.zip'))
    expect(entries.map(({ name, size }) => [name, size])).toEqual([
      ['folder/a.txt', 6000],
      ['b.bin', 2],
    ])
    expect(new TextDecoder().decode(await entries[0].bytes(10_000))).toBe('hello '.repeat(1000))
    await expect(entries[0].bytes(5999)).rejects.toThrow(/larger than is allowed/)
  })

  test('a changed byte is found by the checksum', async () => {
    const bytes = archive.slice()
    // The stored member's bytes follow its name.
    bytes[Buffer.from(bytes).indexOf('b.bin') + 5] = 9
    const outcome = readZip(bytesSource(bytes, 'a.zip')).then(async (entries) => {
      for (const entry of entries) await entry.bytes(10_000)
    })
    await expect(outcome).rejects.toThrow(/a\.zip/)
  })

  test('no directory, no archive', async () => {
    await expect(readZip(bytesSource(new Uint8Array(100), 'a.zip'))).rejects.toThrow(/not a zip[\s\S]*a\.zip, byte 100/)
  })
})

describe('inflate', () => {
  test('stops at the limit', () => {
    const packed = deflateRawSync(new Uint8Array(1_000_000))
    expect(inflate(packed, { file: 'a', offset: 5, limit: 1_000_000 }).length).toBe(1_000_000)
    expect(() => inflate(packed, { file: 'a', offset: 5, limit: 999_999 })).toThrow(/at most 999999/)
    expect(() => inflate(packed.subarray(0, 20), { file: 'a', offset: 5, limit: 1_000_000 })).toThrow(/a, byte \d+/)
  })
})

test.each(['../a', '/a', 'a/../b', 'C:/a', 'a\\b', '', 'a\nb', '.'])('path %j is refused', (name) => {
  expect(() => safePath(name, 'a.zip')).toThrow(/a\.zip, member/)
})

test('paths below the folder are taken', () => {
  expect(['./a//b', 'a/', 'a..b/c'].map((name) => safePath(name, 'a.zip'))).toEqual(['a/b', 'a', 'a..b/c'])
})
