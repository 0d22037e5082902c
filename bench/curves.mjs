import { clif } from '../dist/node.js'
import { backendWith } from './peak.mjs'
import { randomSpikes, uniform } from './random-tensors.mjs'
import { medianSeconds } from './timing.mjs'

const rates = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4]
const lengths = [1, 2, 4, 8, 16, 32, 64]
/** Channels and size of the 3x3 convolutions of resnet18. */
const layers = [
  [64, 32],
  [128, 16],
  [256, 8],
  [512, 4],
]
const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 }

/**
 * @typedef {object} ConvolutionPoint milliseconds of the three passes
 * @property {number} forward
 * @property {number} weightGradient
 * @property {number} inputGradient at open windows
 */

/** Curves of time, on spikes made up for it. @param {number} [threads] */
export async function measureCurves(threads) {
  const backend = await backendWith(threads)
  try {
    return { rates: await overRates(backend), lengths: await overLengths(backend) }
  } finally {
    await backend.close()
  }
}

/** T 6, batch 8; `rate` is the share of spikes, and for the input gradient the share of open windows. */
async function overRates(backend) {
  const curves = []
  for (const [channels, size] of layers) {
    const shape = [6, 8, size, size, channels]
    const layer = convolution(backend, shape)
    const points = []
    for (const rate of rates) points.push({ rate, ...(await layer.times(rate, rate)) })
    curves.push({ channels, size, T: shape[0], batch: shape[1], denseForward: await layer.denseTime(), points })
    layer.release()
  }
  return curves
}

/** Batch 2, 64 channels of 32x32; 15 % of spikes, 18 % of open windows: what CLIF starts with. */
async function overLengths(backend) {
  const points = []
  for (const T of lengths) {
    const shape = [T, 2, 32, 32, 64]
    const layer = convolution(backend, shape)
    points.push({ T, ...(await layer.times(0.15, 0.18)), ...(await neuronTimes(backend, shape)) })
    layer.release()
  }
  return { channels: 64, size: 32, batch: 2, rate: 0.15, windowRate: 0.18, points }
}

function convolution(backend, shape) {
  const channels = shape[4]
  const weight = uniform(backend, [3, 3, channels, channels], 1, 0.05)
  const gradient = uniform(backend, shape, 2)
  const milliseconds = (work) => millisecondsOf(backend, work)
  return {
    /** @returns {Promise<ConvolutionPoint>} */
    async times(rate, openRate) {
      const x = randomSpikes(backend, shape, { rate, openRate, key: 3 })
      const backward = (want) => () => backend.conv2dBackward(x, weight, gradient, options, want)
      const times = {
        forward: await milliseconds(() => backend.conv2d(x, weight, null, null, options)),
        weightGradient: await milliseconds(backward({ input: 'none', weight: true, bias: false })),
        inputGradient: await milliseconds(backward({ input: 'open', weight: false, bias: false })),
      }
      backend.release(x)
      return times
    },
    /** The same convolution of float32 values. */
    async denseTime() {
      const x = uniform(backend, shape, 4)
      const time = await milliseconds(() => backend.conv2d(x, weight, null, null, options))
      backend.release(x)
      return time
    },
    release: () => [weight, gradient].forEach((handle) => backend.release(handle)),
  }
}

/** CLIF alone, without normalisation, forward and backward. */
async function neuronTimes(backend, shape) {
  const [x, gradient] = [uniform(backend, shape, 5, 2), uniform(backend, shape, 6)]
  const call = {
    neuron: clif(),
    T: shape[0],
    parameters: [],
    normalisation: null,
    state: null,
    wantState: false,
    wantBackward: true,
  }
  const forward = await millisecondsOf(backend, () => backend.neuron(x, call))
  const { output, saved } = backend.neuron(x, call)
  const backward = await millisecondsOf(backend, () => backend.neuronBackward(x, output, saved, gradient, null, call))
  for (const handle of [x, gradient, output, ...saved.handles]) backend.release(handle)
  return { neuronForward: forward, neuronBackward: backward }
}

/** Everything that `work` makes dies with its step. */
async function millisecondsOf(backend, work) {
  const seconds = await medianSeconds(async () => {
    backend.beginStep()
    try {
      work()
      await backend.finish()
    } finally {
      backend.endStep()
    }
  })
  return 1e3 * seconds
}

/** @param {Awaited<ReturnType<typeof measureCurves>>} found */
export function curvesText({ rates: curves, lengths: { channels, size, batch, points } }) {
  const number = (value) => value.toFixed(2).padStart(9)
  const overRate = curves.flatMap((curve) => [
    `3x3, ${curve.channels} channels, ${curve.size}x${curve.size}, T ${curve.T}, batch ${curve.batch}, milliseconds` +
      ` (dense forward: ${curve.denseForward.toFixed(2)})`,
    '  rate   forward    weight     input',
    ...curve.points.map(
      ({ rate, forward, weightGradient, inputGradient }) =>
        `${(100 * rate).toFixed(0).padStart(4)} %${[forward, weightGradient, inputGradient].map(number).join(' ')}`,
    ),
  ])
  const overT = points.map(
    ({ T, ...times }) =>
      `${String(T).padStart(6)}${Object.values(times)
        .map((time) => number(time / T))
        .join(' ')}`,
  )
  return [
    ...overRate,
    `${channels} channels, ${size}x${size}, batch ${batch}, milliseconds for each step of T`,
    '     T  forward    weight     input    neuron  its backward',
    ...overT,
  ].join('\n')
}
