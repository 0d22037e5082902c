import { expect, test } from 'vitest'
import { defaultBackend } from './node-backend.ts'

test('one thread of wasm, with all that this machine knows', async () => {
  const backend = await defaultBackend({ threads: 1 })
  expect(backend.info).toMatchObject({ name: 'wasm', threads: 1 })
  expect(backend.info.features).toContain('relaxed-simd')
  const sum = backend.add(backend.tensor([1, 1, 2], [1, 2]), backend.tensor([1, 1, 2], [3, 5]))
  expect([...(await backend.read(sum))]).toEqual([4, 7])
  await backend.close()
})

test('the interpreter', async () => {
  expect((await defaultBackend({ backend: 'interpreter' })).info.name).toBe('interpreter')
})

test('what cannot be had is named', async () => {
  await expect(defaultBackend({ backend: 'wsam' as 'wasm' })).rejects.toThrow(/unknown backend 'wsam'[\s\S]*'wasm'\?/)
  await expect(defaultBackend({ threads: 0 })).rejects.toThrow(/threads out of range[\s\S]*got +0/)
  await expect(defaultBackend({ threads: 300 })).rejects.toThrow(/from 1 to 256[\s\S]*got +300/)
})
