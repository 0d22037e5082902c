import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import { readIdx, writeIdx } from './idx.ts'
import { writeNpy } from './npy.ts'
import { readNpz } from './npz.ts'
import { unpackedLimit } from './unpacked-limit.ts'

test('a small file that asks for far more than its size can hold is refused before it is unpacked', async () => {
  const idx = writeIdx([1], new Uint8Array(1))
  new DataView(idx.buffer).setUint32(4, unpackedLimit(1000))
  expect(() => readIdx(gzipSync(idx), 'a.gz')).toThrow(/far more than its packed bytes hold[\s\S]*a\.gz/)
  const npz = zipSync({ 'a.npy': writeNpy({ shape: [1], values: new Uint8Array(1) }) })
  const directory = Buffer.from(npz.buffer).lastIndexOf(Buffer.of(0x50, 0x4b, 1, 2))
  const claim = (size: number) => new DataView(npz.buffer).setUint32(directory + 24, size, true)
  claim(unpackedLimit(1000))
  await expect(readNpz(npz, { file: 'a.npz' })).rejects.toThrow(/larger than is allowed here[\s\S]*a\.npz/)
  claim(10_000_000)
  await expect(readNpz(npz, { file: 'a.npz' })).rejects.toThrow(/not what the directory says[\s\S]*of each packed one/)
})

test('what images shrink to is read', () => {
  const images = writeIdx([1000, 28, 28], new Uint8Array(784_000))
  expect(readIdx(gzipSync(images)).shape).toEqual([1000, 28, 28])
})
