import { expect, test } from 'vitest'
import { createWebGpu } from '../../src/backends/index.ts'
import { wgsl } from '../../src/codegen/index.ts'
import { nodeGpuAdapter } from '../../src/node-gpu.ts'

const shape: wgsl.ConvolutionShape = {
  height: 8,
  width: 8,
  channels: 16,
  outHeight: 8,
  outWidth: 8,
  outChannels: 32,
  kernel: [3, 3],
  stride: [1, 1],
  padding: [1, 1],
  dilation: [1, 1],
  groups: 1,
}

/**
 * SwiftShader has no float16, so no value of a mixed kernel is checked here: Dawn's null device, which computes nothing,
 * says whether the shaders are valid.
 */
test('kernels in mixed precision are valid WGSL', async () => {
  const name = 'webgpu'
  const { create } = (await import(name)) as { create(options: string[]): GPU }
  const adapter = await create(['backend=null']).requestAdapter()
  const device = await (adapter as GPUAdapter).requestDevice({ requiredFeatures: ['shader-f16'] })
  const tile = wgsl.defaultTile(32)
  const forward = { x: 'spikes', bias: true, residual: 'spikes' } as const
  const kernels = [true, false].flatMap((half) => [
    wgsl.convolutionForward(shape, forward, tile, half),
    wgsl.convolutionInputGradient(shape, true, tile, half),
    wgsl.convolutionWeightGradient(shape, 'spikes', tile, half),
  ])
  for (const { code } of kernels) {
    device.pushErrorScope('validation')
    device.createShaderModule({ code })
    expect((await device.popErrorScope())?.message).toBe(undefined)
  }
  expect(kernels.filter(({ code }) => code.startsWith('enable f16;')).length).toBe(3)
  device.pushErrorScope('validation')
  device.createShaderModule({ code: kernels[0].code.replace('f16(v[0])', 'f16(v)') })
  expect((await device.popErrorScope())?.message).toMatch(/f16/)
  device.destroy()
})

test('a GPU without float16 refuses mixed precision', async () => {
  const adapter = (await nodeGpuAdapter()) as GPUAdapter
  if (adapter.features.has('shader-f16')) return
  await expect(createWebGpu(adapter, { precision: 'mixed' })).rejects.toThrow(/needs float16 in shaders/)
})
