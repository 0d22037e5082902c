import { expect, test } from 'vitest'
import { bytesAt } from './worker-loop.ts'

test('bytes of memory that another thread has just added are waited for', () => {
  const before = new ArrayBuffer(64)
  const after = new ArrayBuffer(128)
  new Uint8Array(after).set([1, 2, 3], 100)
  let looks = 0
  const memory = {
    get buffer() {
      return looks++ < 5 ? before : after
    },
  }
  expect([...bytesAt(memory, 100, 3)]).toEqual([1, 2, 3])
  expect(looks).toBeGreaterThan(5)
})
