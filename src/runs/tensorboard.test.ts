import { describe, expect, test } from 'vitest'
import { crc32c, restartRecord, scalarsRecord, tfRecord, versionRecord } from './tensorboard.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const utf8 = (text: string) => new TextEncoder().encode(text)

describe('TensorBoard files', () => {
  test('crc32c gives the published check values', () => {
    expect(crc32c(utf8('123456789'))).toBe(0xe3069283) // the CRC catalogue
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa) // RFC 3720, B.4
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e)
  })

  test('the first record is the one that every event file begins with', () => {
    const record = versionRecord(1.5)
    expect(hex(record.subarray(0, 12))).toBe('1800000000000000a37f4b22')
    expect(hex(record.subarray(12, 36))).toBe(`09000000000000f83f1a0d${hex(utf8('brain.Event:2'))}`)
    expect(record.length).toBe(16 + 24)
  })

  test('scalars, worked by hand', () => {
    const payload = scalarsRecord(2, 300, { ab: 0.5, c: -1 }).subarray(12, -4)
    const time = '090000000000000040'
    const step = '10ac02'
    const first = '0a09' + '0a026162' + '150000003f'
    const second = '0a08' + '0a0163' + '15000080bf'
    expect(hex(payload)).toBe(`${time}${step}2a15${first}${second}`)
  })

  test('a restart names its step', () => {
    expect(hex(restartRecord(2, 7).subarray(12, -4))).toBe('090000000000000040' + '1007' + '3a020801')
  })

  test('large steps and long tags need several length bytes', () => {
    const payload = scalarsRecord(0, 2 ** 40, { ['x'.repeat(200)]: 1 }).subarray(12, -4)
    expect(hex(payload.subarray(9, 16))).toBe('10808080808020')
    expect(hex(payload.subarray(16, 25))).toBe('2ad3010ad0010ac801')
  })

  test('frames carry their length', () => {
    const frame = tfRecord(new Uint8Array(1000))
    expect(frame.length).toBe(1016)
    expect(new DataView(frame.buffer).getBigUint64(0, true)).toBe(1000n)
  })
})
