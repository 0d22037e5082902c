import { sizeOf } from '../dist/base/index.js'

/**
 * @typedef {object} Work what convolutions and linear layers must compute; normalisation and neurons are left out
 * @property {number} additions an addition for each output that a spike reaches
 * @property {number} multiplyAdds of dense inputs, and of input gradients at open windows
 */

/**
 * Pairs of an output position and a kernel tap along one axis whose input position is inside the image.
 * @param {number} size of the input
 * @param {number} outputs of the output
 * @param {{ kernel: number, stride: number, padding: number, dilation: number }} geometry
 */
export function tapsInside(size, outputs, { kernel, stride, padding, dilation }) {
  let taps = 0
  for (let output = 0; output < outputs; output++) {
    for (let k = 0; k < kernel; k++) {
      const at = output * stride - padding + k * dilation
      if (at >= 0 && at < size) taps++
    }
  }
  return taps
}

/** Multiply-adds of one pass over x, were every value dense. Taps in the padding are not counted. */
export function denseMultiplyAdds(x, weight, output, { stride, padding, dilation }) {
  const taps = [0, 1].map((axis) =>
    tapsInside(x.shape[2 + axis], output.shape[2 + axis], {
      kernel: weight.shape[axis],
      stride: stride[axis],
      padding: padding[axis],
      dilation: dilation[axis],
    }),
  )
  return x.shape[0] * x.shape[1] * taps[0] * taps[1] * weight.shape[2] * weight.shape[3]
}

/**
 * The backend, with a count of the work that its convolutions and linear layers are asked for.
 * @param {import('../dist/node.js').Backend} backend
 */
export function countingBackend(backend) {
  let on = false
  /** @type {{ kind: keyof Work, size: number, bit: number, activity: Promise<ArrayLike<number>> | null }[]} */
  let passes = []
  const note = (x, dense, { spikes, bit }) => {
    const sparse = x.kind === 'spikes' && bit !== null
    const activity = sparse ? readAndRelease(backend, backend.activity(x)) : null
    passes.push({ kind: x.kind === 'spikes' ? spikes : 'multiplyAdds', dense, size: sizeOf(x.shape), bit, activity })
  }
  const forward = (x, dense) => on && note(x, dense, { spikes: 'additions', bit: 0 })
  const backward = (x, dense, want) => {
    if (!on) return
    if (want.weight) note(x, dense, { spikes: 'additions', bit: 0 })
    if (want.input !== 'none') note(x, dense, { spikes: 'multiplyAdds', bit: want.input === 'open' ? 1 : null })
  }
  const frames = (x, weight) => x.shape[0] * x.shape[1] * sizeOf(weight.shape)
  return {
    backend: {
      ...backend,
      conv2d(x, weight, bias, residual, options) {
        const output = backend.conv2d(x, weight, bias, residual, options)
        forward(x, denseMultiplyAdds(x, weight, output, options))
        return output
      },
      conv2dBackward(x, weight, gradient, options, want) {
        backward(x, denseMultiplyAdds(x, weight, gradient, options), want)
        return backend.conv2dBackward(x, weight, gradient, options, want)
      },
      linear(x, weight, bias) {
        forward(x, frames(x, weight))
        return backend.linear(x, weight, bias)
      },
      linearBackward(x, weight, gradient, want) {
        backward(x, frames(x, weight), want)
        return backend.linearBackward(x, weight, gradient, want)
      },
    },
    /**
     * Counts while `run` runs.
     * @param {() => Promise<unknown>} run
     * @returns {Promise<Work>}
     */
    async count(run) {
      passes = []
      on = true
      try {
        await run()
      } finally {
        on = false
      }
      const work = { additions: 0, multiplyAdds: 0 }
      for (const { kind, dense, size, bit, activity } of passes) {
        work[kind] += activity ? (dense * (await activity)[bit]) / size : dense
      }
      return work
    },
  }
}

async function readAndRelease(backend, handle) {
  const values = await backend.read(handle)
  backend.release(handle)
  return values
}

/**
 * How near to the measured peak: the seconds that this work takes at peak, over the seconds that it took.
 * @param {Work} work
 * @param {number} seconds
 * @param {import('../dist/backends/index.js').Peak} peak
 */
export function shareOfPeak(work, seconds, peak) {
  return (work.additions / peak.additions + work.multiplyAdds / peak.multiplyAdds) / seconds
}
