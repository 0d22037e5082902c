import { expect, test } from 'vitest'
import { recordingSample } from './samples.ts'

test('a large sensor is drawn small', () => {
  const events = { t: Float64Array.of(0), x: Uint16Array.of(65534), y: Uint16Array.of(65534), p: Uint8Array.of(1) }
  const { width, height, frames } = recordingSample({ width: 65535, height: 65535, ...events }, 'one event')
  expect([width, height, frames]).toEqual([351, 351, 48])
})
