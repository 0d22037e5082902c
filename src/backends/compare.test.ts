import { describe, expect, test } from 'vitest'
import { lif } from '../neurons/index.ts'
import type { Backend, NeuronCall } from './backend.ts'
import { type Comparison, createComparing } from './compare.ts'
import { spikeDifference } from './compare-values.ts'
import { createInterpreter } from './interpreter/index.ts'

const plain = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 } as const
const want = { input: 'full', weight: true, bias: true } as const

/** Runs a convolution, neurons and their backward passes on a reference and another backend. */
async function compared(other: Backend, currents = [0.2, 0.9, 3, 0.3, 0.7, 1.4]): Promise<Comparison[]> {
  const seen: Comparison[] = []
  const backend = createComparing(createInterpreter(), other, (c) => seen.push(c))
  const call: NeuronCall = {
    neuron: lif(),
    T: 2,
    parameters: [],
    normalisation: null,
    state: null,
    wantState: true,
    wantBackward: true,
  }
  const x = backend.tensor([2, 1, 1, 1, 3], currents)
  const { output, saved } = backend.neuron(x, call)
  const weight = backend.tensor([1, 1, 3, 2], [1, 2, 3, 4, 5, 6])
  const y = backend.conv2d(output, weight, backend.tensor([2], [1, 1]), null, plain)
  const { input } = backend.conv2dBackward(output, weight, y, plain, want)
  backend.neuronBackward(x, output, saved!, input!, null, call)
  backend.sgd(weight, weight, null, { learningRate: 0.1, momentum: 0, nesterov: false, weightDecay: 0 })
  backend.release(y)
  await backend.finish()
  return seen
}

describe('a comparing backend', () => {
  test('finds a backend equal to itself', async () => {
    const seen = await compared(createInterpreter())
    expect(seen.every((c) => c.ok && c.deviation === 0)).toBe(true)
    expect(seen.map((c) => `${c.operation} ${c.output}`)).toEqual([
      'neuron lif output',
      'neuron lif state 0',
      'conv2d output',
      'conv2dBackward input',
      'conv2dBackward weight',
      'conv2dBackward bias',
      'neuronBackward input',
      'sgd parameter',
    ])
  })

  test('names the one operation that is wrong, and only that one', async () => {
    const sound = createInterpreter()
    const wrong: Backend = {
      ...sound,
      conv2d: (x, w, b, r, o) => {
        const y = sound.conv2d(x, w, b, r, o)
        sound.scale(y, 1.001)
        return y
      },
    }
    const seen = await compared(wrong)
    const bad = seen.filter((c) => !c.ok)
    expect(bad.map((c) => c.operation)).toEqual(['conv2d'])
    expect(bad[0].deviation).toBeCloseTo(0.001, 6)
  })

  test('forgives a spike that flips at the threshold, not elsewhere', async () => {
    const sound = createInterpreter()
    const early: Backend = {
      ...sound,
      neuron: (x, call) => {
        const shifted = sound.add(x, sound.tensor(x.shape, new Float64Array(6).fill(1e-6)))
        return sound.neuron(shifted, call)
      },
    }
    const [atEdge] = await compared(early, [0.9999995, 0.2, 0.1, 0.3, 0.2, 0.1])
    expect(atEdge.spikes).toEqual({ atEdge: 1, afterwards: 1, wrong: 0 })
    expect(atEdge.ok).toBe(true)
    const off: Backend = { ...sound, neuron: (x, call) => sound.neuron(sound.add(x, x), call) }
    const [elsewhere] = await compared(off)
    expect(elsewhere.spikes?.wrong).toBeGreaterThan(0)
    expect(elsewhere.ok).toBe(false)
  })

  test('what happens on the other backend comes out at finish', async () => {
    const broken: Backend = {
      ...createInterpreter(),
      conv2d: () => {
        throw new Error('no such kernel')
      },
    }
    await expect(compared(broken)).rejects.toThrow(/no such kernel/)
  })
})

describe('differences of spikes', () => {
  test('after a forgiven flip a neuron goes its own way; a window bit does not part it', () => {
    const a = Uint8Array.of(1, 2, 1, 2, 0, 1)
    const b = Uint8Array.of(0, 0, 0, 0, 1, 1)
    const argument = [0, 0.5, 0.3, 0, 0.2, 0]
    expect(spikeDifference(a, b, argument, 0.5, 3, 1e-5)).toEqual({ atEdge: 2, afterwards: 2, wrong: 1 })
  })
})
