import { expect, test } from 'vitest'
import { expectLearned, trained } from './page.ts'

test('the page learns on WebGPU', async () => {
  const gpu = await trained('webgpu', true)
  expect(gpu.device).toMatch(/^WebGPU/)
  expectLearned(gpu)
})
