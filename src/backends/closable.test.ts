import { expect, it } from 'vitest'
import { UsageError } from '../base/index.ts'
import { createInterpreter, createWasm } from './index.ts'

it.each([
  ['interpreter', async () => createInterpreter()],
  ['wasm', async () => createWasm()],
])('%s: every call after close() says that it is closed', async (_, create) => {
  const backend = await create()
  const x = backend.tensor([1, 1, 1], [1])
  expect([...(await backend.read(x))]).toEqual([1])
  await Promise.all([backend.close(), backend.close()])
  for (const call of [() => backend.tensor([1], null), () => backend.add(x, x), () => backend.release(x)]) {
    expect(call).toThrow(UsageError)
    expect(call).toThrow(/backend is closed\n.*got +a call of/)
  }
  await expect(backend.read(x)).rejects.toThrow('is closed')
  await backend.close()
})
