import { expect, test } from 'vitest'
import { hashedUniform } from '../base/index.ts'
import { createInterpreter } from './interpreter/index.ts'
import { createWasm } from './wasm/index.ts'

test.each([0.25, 0.5, 0.9])('wasm drops what the interpreter drops, p = %s', async (p) => {
  const shape = [2, 3, 5, 7, 3]
  const values = hashedUniform(630, 4).map((v) => v + 1)
  const bytes = Uint8Array.from(hashedUniform(630, 5), (v) => Math.floor(4 * v))
  const results = []
  for (const backend of [createInterpreter(), await createWasm()]) {
    const dense = [...(await backend.read(backend.dropout(backend.tensor(shape, values), p, 77)))]
    const back = [...(await backend.read(backend.dropoutBackward(backend.tensor(shape, values), p, 77)))]
    const dropped = backend.dropout(backend.spikes(shape, bytes, 1), p, 77)
    results.push({ dense, back, bytes: [...(await backend.readBytes(dropped))] })
  }
  const [expected, got] = results
  expect(got.bytes).toEqual(expected.bytes)
  for (const part of ['dense', 'back'] as const) {
    expect(got[part].map((v) => v === 0)).toEqual(expected[part].map((v) => v === 0))
    got[part].forEach((v, i) => void expect(Math.abs(v - expected[part][i])).toBeLessThan(1e-5))
  }
  const kept = expected.dense.filter((v) => v !== 0).length / 630
  expect(Math.abs(kept - (1 - p))).toBeLessThan(0.1)
})
