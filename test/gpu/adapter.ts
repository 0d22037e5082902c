import { type Backend, createWebGpu } from '../../src/backends/index.ts'
import { noAdapter, nodeGpuAdapter } from '../../src/hosts/node/node-gpu.ts'

/** The webgpu backend on the adapter that `npm run check:gpu` chose, SwiftShader where there is nothing better. */
export async function createGpu(): Promise<Backend> {
  const adapter = await nodeGpuAdapter()
  if (!adapter) throw noAdapter()
  return createWebGpu(adapter)
}
