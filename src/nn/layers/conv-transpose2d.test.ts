import { expect, test } from 'vitest'
import { createInterpreter } from '../../backends/index.ts'
import { lif } from '../../neurons/index.ts'
import { Network } from '../network.ts'
import { type Pair, pairOf } from '../pair.ts'
import { givenFor, layerBackends, layerGradients, layerRun } from '../testing/layer-run.ts'
import { ConvTranspose2d, type ConvTranspose2dLayerOptions } from './conv-transpose2d.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'

const cases: readonly (readonly [ConvTranspose2dLayerOptions, readonly number[], Pair])[] = [
  [{ channels: 3, kernelSize: 3 }, [2, 2, 3, 4, 2], [5, 6]],
  [{ channels: 4, kernelSize: 2, stride: 2, bias: false }, [1, 2, 2, 3, 3], [4, 6]],
  [{ channels: 2, kernelSize: 3, stride: 2, padding: 1, outputPadding: 1 }, [2, 1, 3, 2, 4], [6, 4]],
  [
    { channels: 6, kernelSize: [3, 2], stride: [3, 2], padding: [1, 0], outputPadding: [2, 1] },
    [1, 1, 2, 3, 2],
    [6, 7],
  ],
  [{ channels: 4, kernelSize: 3, stride: 2, padding: 2, dilation: [2, 1], groups: 2 }, [1, 1, 3, 4, 6], [5, 5]],
]

/** Every input adds its value, times the kernel, where the kernel lies: y[i s - p + k d] += x[i] w[k]. */
function byHand(options: ConvTranspose2dLayerOptions, shape: readonly number[], out: Pair, given: Given): Float64Array {
  const [T, N, H, W, C] = shape
  const { channels, groups = 1 } = options
  const [kernel, stride, padding, dilation] = [
    options.kernelSize,
    options.stride ?? 1,
    options.padding ?? 0,
    options.dilation ?? 1,
  ].map(pairOf)
  const [x, weight, bias] = ['x', 'weight', 'bias'].map((name) => given.get(name))
  const [groupIn, groupOut] = [C / groups, channels / groups]
  const y = new Float64Array(T * N * out[0] * out[1] * channels).map((_, i) => bias?.[i % channels] ?? 0)
  for (let i = 0; i < x!.length; i++) {
    const [c, column, row, frame] = [i % C, Math.floor(i / C) % W, Math.floor(i / C / W) % H, Math.floor(i / C / W / H)]
    for (let ky = 0; ky < kernel[0]; ky++)
      for (let kx = 0; kx < kernel[1]; kx++) {
        const [r, q] = [
          row * stride[0] - padding[0] + ky * dilation[0],
          column * stride[1] - padding[1] + kx * dilation[1],
        ]
        if (r < 0 || q < 0 || r >= out[0] || q >= out[1]) continue
        for (let o = 0; o < groupOut; o++) {
          const at = ((frame * out[0] + r) * out[1] + q) * channels + Math.floor(c / groupIn) * groupOut + o
          y[at] += x![i] * weight![((ky * kernel[1] + kx) * groupOut + o) * C + c]
        }
      }
  }
  return y
}

type Given = ReadonlyMap<string, Float64Array>

test.each(cases)(
  '%j of %j: values of a direct sum, gradients by differences, both backends',
  async (options, shape, out) => {
    const one = { layer: () => new ConvTranspose2d(options), shape }
    const given = givenFor(one)
    const { values, shape: found } = await layerRun(createInterpreter(), one, given)
    expect(found).toEqual([shape[0], shape[1], ...out, options.channels])
    byHand(options, shape, out, given).forEach((value, i) => void expect(values[i]).toBeCloseTo(value, 11))
    expect(await layerGradients(one)).toBeLessThan(1e-7)
    expect(await layerBackends(one)).toBeLessThan(2e-5)
  },
)

test('reads spikes, and one frame for all steps', async () => {
  const enlarge = () => new ConvTranspose2d({ channels: 3, kernelSize: 2, stride: 2 })
  const layer = () => new Sequential([new Spiking({ neuron: lif() }), enlarge()])
  expect(await layerBackends({ layer, shape: [3, 2, 3, 3, 4] })).toBeLessThan(2e-5)
  const { shape } = await layerRun(
    createInterpreter(),
    { layer: enlarge, shape: [1, 2, 3, 3, 4], T: 3 },
    givenFor({ layer: enlarge, shape: [1, 2, 3, 3, 4] }),
  )
  expect(shape).toEqual([1, 2, 6, 6, 3])
})

test('its weight lies in files as PyTorch has it, [in, out / groups, kh, kw]', () => {
  const layer = new ConvTranspose2d({ channels: 4, kernelSize: [2, 3], groups: 2 })
  const weight = new Network({ name: 'n', input: [5, 5, 6], layer }).parameter('weight')
  weight.set(Float64Array.from({ length: 2 * 3 * 2 * 6 }, (_, i) => i))
  expect(weight.outsideShape).toEqual([6, 2, 2, 3])
  // Input channel 1, output 0, tap (0, 2) lies inside at [0, 2, 0, 1].
  expect(weight.toOutside()[(1 * 2 + 0) * 6 + 2]).toBe((2 * 2 + 0) * 6 + 1)
})

test('what does not fit is refused', () => {
  const build = (options: ConvTranspose2dLayerOptions, input: number[]) => () =>
    new Network({ name: 'n', input, layer: new ConvTranspose2d(options) })
  expect(build({ channels: 3, kernelSize: 2, groups: 2 }, [4, 4, 4])).toThrow(/do not divide into its groups/)
  expect(build({ channels: 4, kernelSize: 2, groups: 2 }, [4, 4, 3])).toThrow(/does not fit its input/)
  expect(build({ channels: 4, kernelSize: 2, outputPadding: 1 }, [4, 4, 3])).toThrow(
    /outputPadding less than the stride/,
  )
  expect(build({ channels: 4, kernelSize: 2, padding: 4 }, [4, 4, 3])).toThrow(/leaves no image/)
  expect(build({ channels: 4, kernelSize: 2 }, [4])).toThrow(/does not fit its input/)
})
