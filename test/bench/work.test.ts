import { beforeAll, describe, expect, it } from 'vitest'
import { type Backend, createInterpreter, type Peak } from '../../src/backends/index.ts'
import { load } from './load.ts'

interface Work {
  additions: number
  multiplyAdds: number
}

let tapsInside: (size: number, outputs: number, geometry: object) => number
let countingBackend: (backend: Backend) => { backend: Backend; count(run: () => Promise<unknown>): Promise<Work> }
let shareOfPeak: (work: Work, seconds: number, peak: Peak) => number

beforeAll(async () => {
  const module = await load('work.mjs')
  tapsInside = module.tapsInside as typeof tapsInside
  countingBackend = module.countingBackend as typeof countingBackend
  shareOfPeak = module.shareOfPeak as typeof shareOfPeak
})

it('counts the taps of one axis that are inside', () => {
  const plain = { kernel: 3, stride: 1, padding: 1, dilation: 1 }
  expect(tapsInside(4, 4, plain)).toBe(10)
  expect(tapsInside(4, 2, { ...plain, padding: 0 })).toBe(6)
  expect(tapsInside(5, 3, { ...plain, stride: 2 })).toBe(7)
  expect(tapsInside(5, 5, { ...plain, padding: 2, dilation: 2 })).toBe(11)
})

describe('the count of a convolution, 2 frames of 3x3, 2 to 5 channels', () => {
  const options = { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 } as const
  // 49 pairs of tap and pixel are inside a 3x3 image.
  const dense = 2 * 49 * 2 * 5
  const bytes = (byte: (i: number) => number) => Uint8Array.from({ length: 36 }, (_, i) => byte(i))

  const setting = () => {
    const { backend, count } = countingBackend(createInterpreter())
    return {
      backend,
      count,
      weight: backend.tensor([3, 3, 2, 5], null),
      gradient: backend.tensor([2, 1, 3, 3, 5], null),
    }
  }

  it('is an addition for each output that a spike reaches', async () => {
    const { backend, count, weight } = setting()
    const half = backend.spikes(
      [2, 1, 3, 3, 2],
      bytes((i) => i % 2),
      1,
    )
    const all = backend.spikes(
      [2, 1, 3, 3, 2],
      bytes(() => 1),
      1,
    )
    const run = async (x: typeof half) => backend.conv2d(x, weight, null, null, options)
    expect(await count(() => run(half))).toEqual({ additions: dense / 2, multiplyAdds: 0 })
    expect(await count(() => run(all))).toEqual({ additions: dense, multiplyAdds: 0 })
  })

  it('is a multiply-add for each value of a dense input', async () => {
    const { backend, count, weight } = setting()
    const x = backend.tensor([2, 1, 3, 3, 2], null)
    const run = async () => backend.conv2d(x, weight, null, null, options)
    expect(await count(run)).toEqual({ additions: 0, multiplyAdds: dense })
  })

  it('is on the way back what spikes and open windows reach', async () => {
    const { backend, count, weight, gradient } = setting()
    const x = backend.spikes(
      [2, 1, 3, 3, 2],
      bytes((i) => (i % 2) | (i % 4 === 0 ? 2 : 0)),
      1,
    )
    const back = (input: 'none' | 'open' | 'full') => async () =>
      backend.conv2dBackward(x, weight, gradient, options, { input, weight: true, bias: true })
    expect(await count(back('none'))).toEqual({ additions: dense / 2, multiplyAdds: 0 })
    expect(await count(back('open'))).toEqual({ additions: dense / 2, multiplyAdds: dense / 4 })
    expect(await count(back('full'))).toEqual({ additions: dense / 2, multiplyAdds: dense })
  })

  it('is of the run alone', async () => {
    const { backend, count, weight } = setting()
    const x = backend.tensor([2, 1, 3, 3, 2], null)
    backend.conv2d(x, weight, null, null, options)
    expect(await count(async () => {})).toEqual({ additions: 0, multiplyAdds: 0 })
  })
})

it('counts a linear layer', async () => {
  const { backend, count } = countingBackend(createInterpreter())
  const weight = backend.tensor([8, 3], null)
  const spikes = backend.spikes(
    [2, 1, 8],
    Uint8Array.from({ length: 16 }, (_, i) => (i % 4 === 0 ? 3 : 0)),
    1,
  )
  const gradient = backend.tensor([2, 1, 3], null)
  const run = async () => {
    backend.linear(spikes, weight, null)
    backend.linearBackward(spikes, weight, gradient, { input: 'open', weight: true, bias: false })
  }
  expect(await count(run)).toEqual({ additions: 24, multiplyAdds: 12 })
})

it('takes the seconds at peak over the seconds taken', () => {
  expect(shareOfPeak({ additions: 30, multiplyAdds: 40 }, 8, { additions: 10, multiplyAdds: 40 })).toBe(0.5)
})
