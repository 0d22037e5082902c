import { type Backend, createWebGpu } from '../../src/backends/index.ts'
import { noAdapter, nodeGpuAdapter } from '../../src/node-gpu.ts'
import { describeBackend } from '../backend-contract.ts'

async function createMixed(): Promise<Backend> {
  const adapter = await nodeGpuAdapter()
  if (!adapter) throw noAdapter()
  return createWebGpu(adapter, { precision: 'mixed', software: false, tuning: null })
}
describeBackend('webgpu in mixed precision', createMixed, 2 ** -9)
