import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { FormatError, Random } from '../base/index.ts'
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from './safetensors.ts'

const golden = new URL('../../../shared/golden/', import.meta.url)

const tensors: [string, SafetensorsTensor][] = [
  ['mask', { dtype: 'U8', shape: [3], values: Uint8Array.of(1, 2, 3) }],
  ['weight', { dtype: 'F32', shape: [2, 2], values: Float32Array.of(1.5, -2, 0, Number.NaN) }],
  ['7', { dtype: 'I32', shape: [], values: Int32Array.of(-7) }],
  ['step', { dtype: 'I64', shape: [1], values: BigInt64Array.of(-(2n ** 40n)) }],
  ['empty', { dtype: 'F64', shape: [0, 4], values: new Float64Array(0) }],
  ['running "mean"', { dtype: 'F64', shape: [1], values: Float64Array.of(Math.PI) }],
]

/** A file made by hand from header text and data length. */
function file(header: string, dataLength: number, claimed = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + dataLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed), true)
  bytes.set(new TextEncoder().encode(header), 8)
  return bytes
}

const entry = (begin: number, end: number, shape = '[2]', dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`

describe('safetensors', () => {
  test('what is written is read again, without copies', () => {
    const bytes = writeSafetensors(tensors, { made: 'here', é: '∞' })
    const read = readSafetensors(bytes)
    expect(read.metadata).toEqual({ made: 'here', é: '∞' })
    expect(read.tensors.size).toBe(tensors.length)
    for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor)
    for (const { values } of read.tensors.values()) expect(values.buffer).toBe(bytes.buffer)
  })

  test('reads at an odd address, with copies', () => {
    const bytes = writeSafetensors(tensors)
    const moved = new Uint8Array(bytes.length + 1)
    moved.set(bytes, 1)
    const read = readSafetensors(moved.subarray(1))
    for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor)
  })

  test.each([
    ['too short', new Uint8Array(7), /too short[\s\S]*7 bytes/],
    ['header longer than the file', file('{}', 0, 3), /byte 0[\s\S]*at most 2/],
    ['header of 2^63', file('{}', 0, 2 ** 63), /absurd/],
    ['not JSON', file('{"a":', 0), /not JSON/],
    ['an array', file('[]', 0), /not an object/],
    ['damaged entry', file('{"a":{"dtype":"F32"}}', 0), /damaged/],
    ['negative shape', file(`{"a":${entry(0, 8, '[-2]')}}`, 8), /damaged/],
    ['half floats', file(`{"a":${entry(0, 4, '[2]', 'F16')}}`, 4), /cannot be read[\s\S]*F16/],
    ['dtype from the prototype', file(`{"a":${entry(0, 4, '[2]', 'toString')}}`, 4), /cannot be read/],
    ['size against shape', file(`{"a":${entry(0, 12)}}`, 12), /expected 8 bytes[\s\S]*12 bytes/],
    ['overlap', file(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12), /overlap/],
    ['out of range', file(`{"a":${entry(0, 8)}}`, 4), /outside the file/],
    ['hole', file(`{"a":${entry(4, 12)}}`, 12), /belong to no tensor/],
    ['trailing bytes', file(`{"a":${entry(0, 8)}}`, 9), /belong to no tensor/],
    ['a name twice', file(`{"a":${entry(0, 8)},"a":${entry(8, 16)}}`, 16), /belong to no tensor/],
    ['metadata of numbers', file('{"__metadata__":{"a":1}}', 0), /table of texts/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(FormatError)
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(message)
    expect(() => readSafetensors(bytes, 'x.safetensors')).toThrow(/x\.safetensors/)
  })

  test('refuses to write what could not be read', () => {
    const one: SafetensorsTensor = { dtype: 'F32', shape: [2], values: new Float32Array(3) }
    const wrong = { dtype: 'F64', shape: [3], values: new Float32Array(3) } as unknown as SafetensorsTensor
    const good: SafetensorsTensor = { dtype: 'F32', shape: [3], values: new Float32Array(3) }
    expect(() => writeSafetensors([['a', one]])).toThrow(/expected F32 \[2\], 2 values/)
    expect(() => writeSafetensors([['a', wrong]])).toThrow(FormatError)
    expect(() => writeSafetensors([['a', good], ['a', good]])).toThrow(/taken/) // biome-ignore format: one line
  })

  test('damaged bytes give a FormatError or tensors, never anything else', () => {
    const random = new Random(1)
    const bytes = writeSafetensors(tensors, { made: 'here' })
    let refused = 0
    for (let i = 0; i < 3000; i++) {
      const damaged = bytes.slice(0, random.uniform() < 0.2 ? random.below(bytes.length) : bytes.length)
      for (let k = 0; k < 3; k++) damaged[random.below(damaged.length)] = random.below(256)
      try {
        readSafetensors(damaged)
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError)
        refused++
      }
    }
    expect(refused).toBeGreaterThan(1000)
  })

  describe.skipIf(!existsSync(golden))('files written by others (needs ../shared/golden)', () => {
    test('every golden file is read, and written again with the same values', () => {
      const names = readdirSync(golden).filter((name) => name.startsWith('neuron-'))
      expect(names.length).toBeGreaterThan(10)
      for (const name of names) {
        const read = readSafetensors(readFileSync(new URL(name, golden)), name)
        expect(read.tensors.size).toBeGreaterThan(0)
        expect(readSafetensors(writeSafetensors(read.tensors, read.metadata))).toEqual(read)
      }
    })
  })
})
