import { describe, expect, test } from 'vitest'
import { type Backend, createWebGpu } from '../../src/backends/index.ts'
import { ResourceError } from '../../src/base/index.ts'
import { noAdapter, nodeGpuAdapter } from '../../src/hosts/node/node-gpu.ts'
import { tetLoss } from '../../src/losses/index.ts'
import { snn5 } from '../../src/models/index.ts'
import { clif } from '../../src/neurons/index.ts'
import { memoryForecast, sgd, trainingStep, Updates } from '../../src/train/index.ts'

/** A backend, the device under it, and how often work was sent to it. */
async function watched(memoryBytes = 2 ** 30): Promise<{ backend: Backend; device: GPUDevice; sent: () => number }> {
  const adapter = (await nodeGpuAdapter()) as GPUAdapter | null
  if (!adapter) throw noAdapter()
  let device: GPUDevice | undefined
  let sent = 0
  const request = adapter.requestDevice.bind(adapter)
  adapter.requestDevice = async (descriptor) => {
    device = await request(descriptor)
    const { queue } = device
    const submit = queue.submit.bind(queue)
    queue.submit = (buffers) => {
      sent++
      submit(buffers)
    }
    return device
  }
  const backend = await createWebGpu(adapter, { memoryBytes })
  return { backend, device: device as GPUDevice, sent: () => sent }
}

describe('a device', () => {
  test('gets a training step as one submission, and the next step needs no more memory', async () => {
    const { backend, sent } = await watched()
    const network = snn5({ input: [16, 16, 1], classes: 10, neuron: clif() })
    await network.place(backend)
    const updates = new Updates(network, backend, sgd())
    const images = Float32Array.from({ length: 512 }, (_, i) => Math.sin(i))
    const batch = { images, labels: Int32Array.of(1, 2) }
    const step = (key: number) =>
      trainingStep(network, batch, { backend, T: 2, loss: tetLoss(), key, updates, learningRate: 0.1, clip: 5 })
    await step(1)
    const before = sent()
    const peak = backend.peakBytes()
    await step(2)
    expect(sent() - before).toBe(1)
    expect(backend.peakBytes()).toBe(peak)
    await backend.close()
  })

  test('that is lost says so, and what is whole', async () => {
    const { backend, device } = await watched()
    const x = backend.tensor([4], [1, 2, 3, 4])
    await backend.finish()
    device.destroy()
    await device.lost
    await expect(backend.read(x)).rejects.toThrow(/the GPU was lost[\s\S]*destroyed[\s\S]*--resume/)
    expect(() => backend.add(x, x)).toThrow(ResourceError)
  })

  test('that has no room says for what', async () => {
    const { backend } = await watched(10_000)
    backend.tensor([1000], null)
    expect(() => backend.tensor([2000], null)).toThrow(/no room on the GPU for a tensor \[2000\][\s\S]*0\.0 MB in all/)
    await backend.close()
  })

  test('has limits that the forecast knows', async () => {
    const { backend } = await watched(2 ** 30)
    const { largestTensorBytes = 0, memoryBytes } = backend.info
    expect(memoryBytes).toBe(2 ** 30)
    expect(largestTensorBytes).toBeGreaterThan(2 ** 26)
    const network = snn5({ input: [32, 32, 3], classes: 10, neuron: clif() })
    const limits = { T: 6, batch: 64, budget: 2 ** 40, largestTensor: 2 ** 20 }
    expect(() => memoryForecast(network, limits)).toThrow(/a larger tensor than there is[\s\S]*a batch of 2 fits/)
    await backend.close()
  })
})
