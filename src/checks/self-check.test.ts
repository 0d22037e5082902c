import { expect, test } from 'vitest'
import { createInterpreter, createWasm } from '../backends/index.ts'
import { selfCheck } from './self-check.ts'

test('a sound backend passes, and everything was looked at', async () => {
  const result = await selfCheck(await createWasm())
  expect(result.failed).toEqual([])
  expect(result.compared).toBeGreaterThan(60)
  expect(result.worst).toBeLessThan(1e-4)
})

test('one wrong operation is named', async () => {
  const sound = createInterpreter()
  const result = await selfCheck({
    ...sound,
    linear: (...args) => {
      const output = sound.linear(...args)
      sound.scale(output, 1.01)
      return output
    },
  })
  expect(result.ok).toBe(false)
  expect(new Set(result.failed)).toEqual(new Set(['linear output']))
})
