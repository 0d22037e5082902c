import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Backend,
  type Comparison,
  createComparing,
  createInterpreter,
  createWebGpu,
} from '../../src/backends/index.ts'
import { referenceOf, runNetwork } from '../../src/checks/golden/index.ts'
import { wgsl } from '../../src/codegen/index.ts'
import { nodeGpuAdapter } from '../../src/hosts/node/node-gpu.ts'
import { readSafetensors } from '../../src/interop/index.ts'
import { tetLoss } from '../../src/losses/index.ts'
import { snn3 } from '../../src/models/index.ts'
import { clif } from '../../src/neurons/index.ts'
import { sgd, trainingStep, Updates } from '../../src/train/index.ts'
import { describeBackend } from '../backend-contract.ts'

/** SwiftShader has no float16: `npm run check:gpu` names a driver that has, where there is one. */
const driver = process.env.HALF_DRIVER_FILES
if (driver) process.env.VK_DRIVER_FILES = driver
const adapter = (await nodeGpuAdapter()) as GPUAdapter
const hasHalf = adapter.features.has('shader-f16')

/** Kernels for hardware, with tiles in float16: what a GPU runs. */
async function createMixed(): Promise<Backend> {
  const options = { precision: 'mixed', software: false, tuning: null } as const
  return createWebGpu((await nodeGpuAdapter()) as GPUAdapter, options)
}

/**
 * float16 has 11 bits: a rounding is off by at most 2^-11 of the value. A product's operands are rounded where they were
 * float32 (weights; their products and sums are exact or float32), and a result once more. 2^-9 of the largest value
 * leaves room for terms that add up to at most three times what is left of their sum.
 */
const tolerance = 2 ** -9

describe.runIf(hasHalf)('mixed precision', () => {
  describeBackend('webgpu, mixed', createMixed, tolerance)

  test.each(['clif', 'plif'])('snn5 with %s, the first golden update, operation by operation', async (neuron) => {
    const path = new URL(`../golden/networks/network-snn5-${neuron}-f64.safetensors`, import.meta.url)
    const reference = referenceOf(neuron, readSafetensors(new Uint8Array(readFileSync(path))))
    const seen: Comparison[] = []
    // Inputs are rounded too, here: twice the tolerance; normalised currents of up to 8 move by 2^-8, over steps by 2^-6.
    const options = { tolerance: 2 * tolerance, edge: 2 ** -6 }
    const backend = createComparing(createInterpreter(), await createMixed(), (one) => seen.push(one), options)
    await runNetwork(reference, backend, 1)
    await backend.finish()
    await backend.close()
    // Gradients of biases in front of BatchNorm cancel to nothing: each of their terms is rounded by 2^-11, and they are judged
    // by a hundredth of the sum of the terms' sizes.
    const biases = seen.filter(({ output }) => output === 'bias')
    const others = seen.filter(({ output }) => output !== 'bias')
    const [worst, worstBias] = [others, biases].map((list) => Math.max(...list.map(({ deviation }) => deviation)))
    const atEdge = seen.reduce((sum, { spikes }) => sum + (spikes?.atEdge ?? 0), 0)
    console.log(
      `${neuron}: ${seen.length} outputs, largest deviation ${worst.toExponential(1)} (biases ` +
        `${worstBias.toExponential(1)}), ${atEdge} bytes at an edge`,
    )
    expect(others.filter((comparison) => !comparison.ok)).toEqual([])
    expect(worstBias).toBeLessThan(100 * 2 ** -11)
    expect(seen.length).toBeGreaterThan(70)
  })

  test('trains as float32 does, in less memory, and small gradients survive', async () => {
    const runs = await Promise.all(
      (['float32', 'mixed'] as const).map(async (precision) => {
        const given = (await nodeGpuAdapter()) as GPUAdapter
        const backend = await createWebGpu(given, { precision, software: false, tuning: null })
        const network = snn3({ input: [16, 16, 1], classes: 10, neuron: clif() })
        await network.place(backend)
        const updates = new Updates(network, backend, sgd())
        const images = Float32Array.from({ length: 8 * 256 }, (_, i) => Math.sin(i))
        const batch = { images, labels: Int32Array.from({ length: 8 }, (_, i) => i) }
        const results = []
        for (let key = 0; key < 3; key++) {
          const options = { backend, T: 4, loss: tetLoss(), key, updates, learningRate: 0.05 }
          results.push(await trainingStep(network, batch, options))
        }
        const peak = backend.peakBytes()
        await backend.close()
        return { results, peak }
      }),
    )
    const [float32, mixed] = runs
    const off = mixed.results.map(({ loss, gradientNorm }, k) => [
      Math.abs(loss / float32.results[k].loss - 1),
      Math.abs(gradientNorm / float32.results[k].gradientNorm - 1),
    ])
    console.log(`losses and gradient norms off by ${JSON.stringify(off)}, memory ${mixed.peak / float32.peak}`)
    // Later updates differ by the spikes that fell the other way.
    expect(off[0][0]).toBeLessThan(0.005)
    expect(off[0][1]).toBeLessThan(0.05)
    for (const { loss } of [float32.results[2], mixed.results[2]]) expect(loss).toBeLessThan(float32.results[0].loss)
    expect(mixed.peak).toBeLessThan(0.8 * float32.peak)
  })

  test('an overflow of float16 changes no parameter', async () => {
    const backend = await createMixed()
    const network = snn3({ input: [8, 8, 1], classes: 10, neuron: clif() })
    await network.place(backend)
    const updates = new Updates(network, backend, sgd())
    const batch = { images: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i)), labels: Int32Array.of(1, 2) }
    const step = (lossScale: number) =>
      trainingStep(network, batch, { backend, T: 2, loss: tetLoss(), key: 1, updates, learningRate: 0.1, lossScale })
    const weights = () => Promise.all(network.parameters().map((p) => backend.read(p.on(backend).handle)))
    const before = await weights()
    const overflown = await step(2 ** 40)
    expect(overflown.gradientNorm).not.toSatisfy(Number.isFinite)
    expect(overflown.loss).toSatisfy(Number.isFinite)
    expect(await weights()).toEqual(before)
    expect((await step(2 ** 10)).gradientNorm).toSatisfy(Number.isFinite)
    expect(await weights()).not.toEqual(before)
    await backend.close()
  })
})

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

/** Where no driver has float16: Dawn's null device, which computes nothing, says whether the shaders are valid. */
describe('kernels in mixed precision', () => {
  /** Held as long as the device: Dawn ends with it. */
  let gpu: GPU
  let device: GPUDevice
  beforeAll(async () => {
    const name = 'webgpu'
    const { create } = (await import(name)) as { create(options: string[]): GPU }
    gpu = create(['backend=null'])
    const nothing = await gpu.requestAdapter()
    device = await (nothing as GPUAdapter).requestDevice({ requiredFeatures: ['shader-f16'] })
  })
  afterAll(() => device.destroy())

  const tile = wgsl.defaultTile(32)
  const [spikes, half, dense] = ['spikes', 'half', 'dense'] as const
  const forward = { x: spikes, weight: dense, y: half, bias: true, residual: spikes } as const
  const back = { open: true, gradient: half, weight: dense, result: half } as const
  const neuron = { neuron: clif(), T: 6, wide: true, x: half, result: half, repeated: false, given: false } as const
  const kernels = [
    wgsl.convolutionForward(shape, forward, tile, true),
    wgsl.convolutionInputGradient(shape, back, tile, true),
    wgsl.convolutionWeightGradient(shape, { x: spikes, gradient: half }, tile, true),
    wgsl.neuronForward({ ...neuron, table: 'step', last: false }),
    wgsl.neuronBackward({ ...neuron, gradient: half, table: 'step', last: false }),
    wgsl.poolBackward('max', 'sliding', { x: half, gradient: half, result: half }, false),
    wgsl.normaliseBackward(half, half, true),
    wgsl.addKernel(half, spikes, half),
  ]
  test('are valid WGSL', async () => {
    for (const { code } of kernels) {
      device.pushErrorScope('validation')
      device.createShaderModule({ code })
      expect((await device.popErrorScope())?.message).toBe(undefined)
      expect(code).toMatch(/^enable f16;/)
    }
  })

  test('are refused where they mix types', async () => {
    device.pushErrorScope('validation')
    device.createShaderModule({ code: kernels[0].code.replace('f16(v[0])', 'v[0]') })
    expect((await device.popErrorScope())?.message).toMatch(/f16/)
  })
})

test.skipIf(hasHalf)('a GPU without float16 refuses mixed precision', async () => {
  await expect(createWebGpu(adapter, { precision: 'mixed' })).rejects.toThrow(/needs float16 in shaders/)
})
