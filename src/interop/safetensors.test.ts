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

/** Empty tensors. */
function crowd(count: number): Uint8Array {
  const one = entry(0, 0, '[0]')
  return file(`{${Array.from({ length: count }, (_, i) => `"${i}":${one}`).join(',')}}`, 0)
}

/** One tensor of a type, from the bytes of its numbers. */
function typed(dtype: string, count: number, bytes: readonly number[]) {
  const whole = file(`{"a":${entry(0, bytes.length, `[${count}]`, dtype)}}`, bytes.length)
  whole.set(bytes, whole.length - bytes.length)
  return readSafetensors(whole)
}

describe('safetensors', () => {
  test('what is written is read again, without copies', () => {
    const bytes = writeSafetensors(tensors, { made: 'here', é: '∞' })
    const read = readSafetensors(bytes)
    expect(read.metadata).toEqual({ made: 'here', é: '∞' })
    expect(read.tensors.size).toBe(tensors.length)
    for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor)
    for (const { values } of read.tensors.values()) expect(values.buffer).toBe(bytes.buffer)
  })

  test.each([
    ['F16', 'F32', [0x00, 0x3c, 0x00, 0xc1, 0x00, 0x7c], [1, -2.5, Number.POSITIVE_INFINITY]],
    ['BF16', 'F32', [0x80, 0x3f, 0x20, 0xc0, 0x49, 0x40], [1, -2.5, 3.140625]],
    ['F8_E4M3', 'F32', [0x38, 0xc2, 0x7e, 0x01, 0x7f], [1, -2.5, 448, 2 ** -9, Number.NaN]],
    ['F8_E5M2', 'F32', [0x3c, 0xc1, 0x7b, 0x01, 0x7c], [1, -2.5, 57344, 2 ** -16, Number.POSITIVE_INFINITY]],
    ['BOOL', 'U8', [0, 1, 2], [0, 1, 1]],
    ['I8', 'I32', [1, 0xff], [1, -1]],
    ['I16', 'I32', [1, 0, 0xff, 0xff], [1, -1]],
    ['U16', 'I32', [1, 0, 0xff, 0xff], [1, 65535]],
    ['U32', 'I64', [0xff, 0xff, 0xff, 0xff], [4294967295]],
  ])('%s comes as %s', (dtype, wide, bytes, expected) => {
    const { tensors, unread } = typed(dtype, expected.length, bytes)
    const { dtype: got, values } = tensors.get('a')!
    expect([got, Array.from(values as ArrayLike<number | bigint>, Number)]).toEqual([wide, expected])
    expect(unread?.size).toBe(0)
  })

  test('a tensor of a type that is not read blocks nothing, and is named', () => {
    const { tensors, unread } = typed('C64', 1, [0, 0, 0, 0, 0, 0, 0, 0])
    expect([tensors.size, [...(unread ?? [])]]).toEqual([0, [['a', 'C64']]])
    expect([...(typed('toString', 1, [0]).unread ?? [])]).toEqual([['a', 'toString']])
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
    ['half floats of another size', file(`{"a":${entry(0, 8, '[2]', 'F16')}}`, 8), /expected 4 bytes for F16 \[2\]/],
    ['dtype that is no text', file('{"a":{"dtype":1,"shape":[1],"data_offsets":[0,4]}}', 4), /no dtype/],
    ['an end before its begin', file(`{"a":${entry(8, 0, '[2]', 'C64')}}`, 8), /another size/],
    ['a PyTorch file', Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0), /PyTorch[\s\S]*spikelet import/],
    ['a NIR graph', Uint8Array.of(0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10), /NIR[\s\S]*spikelet import/],
    ['more tensors than any network has', crowd(100_001), /too many tensors[\s\S]*100001/],
    ['size against shape', file(`{"a":${entry(0, 12)}}`, 12), /expected 8 bytes[\s\S]*12 bytes/],
    ['overlap', file(`{"a":${entry(0, 8)},"b":${entry(4, 12)}}`, 12), /overlap/],
    ['out of range', file(`{"a":${entry(0, 8)}}`, 4), /outside the file/],
    ['hole', file(`{"a":${entry(4, 12)}}`, 12), /belong to no tensor/],
    ['trailing bytes', file(`{"a":${entry(0, 8)}}`, 9), /belong to no tensor/],
    ['a name twice', file(`{"a":${entry(0, 8)},"a":${entry(8, 16)}}`, 16), /belong to no tensor/],
    ['an entry 8000 deep', file(`{"a":${'['.repeat(8000)}${']'.repeat(8000)}}`, 0), /damaged[\s\S]*a list of 1/],
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
