import { backendWith } from './peak.mjs'
import { uniform } from './random-tensors.mjs'
import { medianSeconds, now } from './timing.mjs'

const [batch, size, channels] = [32, 32, 64]
const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 }

/** A 3x3 convolution of float32 values, 64 to 64 channels, 32 images of 32x32, forward. @param {number} [threads] */
export async function measureDenseConvolution(threads) {
  const backend = await backendWith(threads)
  try {
    const x = uniform(backend, [1, batch, size, size, channels], 1)
    const weight = uniform(backend, [3, 3, channels, channels], 2, 0.05)
    const seconds = await medianSeconds(async () => {
      backend.release(backend.conv2d(x, weight, null, null, options))
      await backend.finish()
    }, 9)
    // As is usual: taps in the padding count.
    const operations = 2 * batch * size * size * channels * channels * 9
    const { multiplyAdds } = backend.measurePeak(now)
    return { seconds, gflops: operations / seconds / 1e9, shareOfPeak: operations / seconds / (2 * multiplyAdds) }
  } finally {
    await backend.close()
  }
}

/** @param {Awaited<ReturnType<typeof measureDenseConvolution>>} found */
export function denseConvolutionText({ seconds, gflops, shareOfPeak }) {
  const share = `${(100 * shareOfPeak).toFixed(0)} % of the peak`
  return `${(1e3 * seconds).toFixed(1)} ms, ${gflops.toFixed(1)} GFLOP/s, ${share}`
}
