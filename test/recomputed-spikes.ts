import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Backend, createInterpreter, type Handle, type NeuronCall } from '../src/backends/index.ts'
import { createWasm } from '../src/backends/wasm/index.ts'
import { hashedUniform } from '../src/base/index.ts'
import { defineNeuron } from '../src/equations/index.ts'

/**
 * CLIF that shows what its backward pass recomputes. The state a sums |u - threshold| and every other way back is cut,
 * so that with dL/da = 1 the input gradient is the sign of the recomputed u - threshold at each step.
 */
const watched = defineNeuron({
  name: 'watched',
  constants: { tau: 2, threshold: 1 },
  equations: `
    u = (1 - 1/tau) * detach(u) + x
    s = spike(u - threshold)
    a = a + abs(u - threshold)
    m = m * sigmoid(detach(u) / tau) + detach(s)
    u = u - detach(s) * (threshold + sigmoid(detach(m)))`,
})()

const channels = 32

export interface Size {
  readonly T: number
  readonly pixels: number
  readonly normalised: boolean
}

function callOf(b: Backend, { T, normalised }: Size, wantBackward: boolean): NeuronCall {
  const vector = (key: number, from: number, to: number) =>
    b.tensor(
      [channels],
      hashedUniform(channels, key).map((u) => from + (to - from) * u),
    )
  return {
    neuron: watched,
    T,
    parameters: [],
    normalisation: normalised
      ? {
          weight: vector(1, 0.5, 1.5),
          bias: vector(2, -0.1, 0.3),
          runningMean: vector(3, 0.3, 0.7),
          runningVariance: vector(4, 0.1, 0.5),
          eps: 1e-5,
          momentum: 0.1,
          statistics: 'perStep',
          training: false,
        }
      : null,
    state: null,
    wantState: true,
    wantBackward,
  }
}

/** Tenths without BatchNorm: many a first spike comes where u is 1 but for rounding. */
function currents(count: number, { T, normalised }: Size): Float64Array {
  return hashedUniform(count, 5 + T).map((u) => (normalised ? 3 * u - 0.6 : Math.round(15 * u) / 10))
}

export async function disagreements(b: Backend, size: Size): Promise<{ steps: number; wrong: number; rate: number }> {
  const { T, pixels } = size
  const frame = pixels * channels
  const shape = [T, 1, 1, pixels, channels]
  const x = b.tensor(shape, currents(T * frame, size))
  const call = callOf(b, size, true)
  const { output, state, saved } = b.neuron(x, call)
  const again = b.neuron(x, callOf(b, size, false))
  const stored = await b.readBytes(output)
  expect(Buffer.compare(stored, await b.readBytes(again.output))).toBe(0)
  const last = (state as Handle[]).map((s, k) =>
    b.tensor(s.shape, new Float32Array(frame).fill(watched.program.states[k].name === 'a' ? 1 : 0)),
  )
  const gradient = b.tensor(shape, null)
  const { input } = b.neuronBackward(x, output, saved ?? { handles: [] }, gradient, last, call)
  const signs = await b.read(input)
  let wrong = 0
  let spikes = 0
  for (let i = 0; i < signs.length; i++) {
    const spike = stored[i] & 1
    spikes += spike
    // At u = threshold exactly the sign is 0, and the neuron fires.
    if ((signs[i] >= 0 ? 1 : 0) !== spike) wrong++
  }
  for (const handle of [x, output, again.output, gradient, input, ...last]) b.release(handle)
  return { steps: signs.length, wrong, rate: spikes / signs.length }
}

const backends: { readonly [name: string]: { create: () => Promise<Backend>; share: number } } = {
  interpreter: { create: async () => createInterpreter(), share: 0.1 },
  wasm: { create: () => createWasm(), share: 1 },
}

/** @param atLeast neuron-steps in all, of which the interpreter does a tenth */
export function describeRecomputedSpikes(sizes: readonly Size[], atLeast: number): void {
  describe.each(Object.keys(backends))('on %s, backward recomputes the very spikes that forward stored', (name) => {
    const { create, share } = backends[name]
    let backend: Backend
    let steps = 0
    beforeAll(async () => {
      backend = await create()
    })
    afterAll(() => backend.close())

    test.each(sizes)('T = $T, $pixels pixels, BatchNorm $normalised', async (size) => {
      const result = await disagreements(backend, { ...size, pixels: Math.ceil(size.pixels * share) })
      expect(result.wrong).toBe(0)
      expect(result.rate).toBeGreaterThan(0.1)
      expect(result.rate).toBeLessThan(0.9)
      steps += result.steps
    })

    test('for as many neuron-steps as it says', () => {
      expect(steps).toBeGreaterThanOrEqual(share * atLeast)
    })
  })
}
