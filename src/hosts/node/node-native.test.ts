import { expect, it } from 'vitest'
import type { Koffi } from './koffi.ts'
import { nativeThrough } from './node-native.ts'

/** A koffi whose addresses are what `address` gives; nothing runs. */
const koffi = (address: () => unknown): Omit<Koffi, 'address'> => ({
  load: () => ({
    symbol: () => expect.unreachable(),
    func: (declaration) => () => (declaration.includes('mmap') ? address() : 0),
  }),
  proto: () => null,
  decode: (at) => {
    expect(at).toBe(0xabcd_1234_5678n)
    return () => undefined
  },
})

it('takes a koffi whose addresses can go to another thread, and no other', () => {
  expect(
    nativeThrough(
      koffi(() => 0xabcd_1234_5678n),
      'avx2',
    )?.vectors,
  ).toBe('avx2')
  expect(
    nativeThrough(
      koffi(() => ({})),
      'avx2',
    ),
  ).toBeNull()
  expect(nativeThrough({ ...koffi(() => 1n), load: () => expect.unreachable() }, 'avx2')).toBeNull()
})
