import { describe, expect, test } from 'vitest'
import { checkGradient, Tape } from '../../autograd/index.ts'
import { type Backend, createInterpreter, createWasm } from '../../backends/index.ts'
import { hashedUniform, sizeOf } from '../../base/index.ts'
import type { TemporalMixing } from '../../equations/index.ts'
import { maskedPsn, psn, slidingPsn } from '../../neurons/index.ts'
import { temporal } from '../../ops/index.ts'
import { inputTensor, tensorOf } from '../../tensor/index.ts'
import { networkFromConfig } from '../config.ts'
import { Network } from '../network.ts'
import type { NetworkState } from '../run.ts'
import { Linear } from './linear.ts'
import { Sequential } from './sequential.ts'
import { Spiking } from './spiking.ts'

const T = 5
const mixings: TemporalMixing[] = [{ kind: 'full' }, { kind: 'masked', k: 2 }, { kind: 'sliding', k: 3 }]

/** H[t] as the paper has it, written out. */
function written(mixing: TemporalMixing, weight: ArrayLike<number>, x: ArrayLike<number>, size: number): number[] {
  const H = new Array<number>(T * size).fill(0)
  for (let t = 0; t < T; t++)
    for (let j = 0; j < T; j++) {
      const age = t - j
      if (mixing.kind !== 'full' && (age < 0 || age >= mixing.k)) continue
      const w = mixing.kind === 'sliding' ? weight[mixing.k - 1 - age] : weight[t * T + j]
      for (let i = 0; i < size; i++) H[t * size + i] += w * x[j * size + i]
    }
  return H
}

function network(neuron: ReturnType<typeof psn>, normalisation: 'perStep' | null = null): Network {
  return new Network({
    name: 'parallel',
    input: [3],
    seed: 4,
    layer: new Sequential([
      new Linear({ features: 6 }),
      new Spiking({ neuron, normalisation, T }),
      new Spiking({ neuron, T }),
      new Linear({ features: 2 }),
    ]),
  })
}

const backends: [string, () => Promise<Backend>, number][] = [
  ['interpreter', async () => createInterpreter(), 1e-12],
  ['wasm', () => createWasm(), 1e-5],
]

describe.each(mixings)('$kind map over time', (mixing) => {
  const weight = hashedUniform(mixing.kind === 'sliding' ? mixing.k : T * T, 2).map((w) => 2 * w - 1)
  const shape = [T, 2, 2, 3, 5]
  const x = hashedUniform(sizeOf(shape), 3).map((value) => 2 * value - 1)

  test.each(backends)('is the sum of its inputs on %s', async (_, open, tolerance) => {
    const backend = await open()
    const w = tensorOf(backend, mixing.kind === 'sliding' ? [mixing.k] : [T, T], weight)
    const y = temporal({ backend, tape: null }, tensorOf(backend, shape, x), w, mixing)
    expect(y.shape).toEqual(shape)
    const expected = written(mixing, weight, x, sizeOf(shape) / T)
    const got = await backend.read(y.handle)
    expected.forEach((value, i) => {
      expect(Math.abs(got[i] - value)).toBeLessThan(tolerance)
    })
    await backend.close()
  })

  test('has the gradient of that sum', async () => {
    const check = await checkGradient(
      (scope, [input, w]) => temporal(scope, input, w, mixing),
      [
        { shape: [T, 2, 3], values: x.subarray(0, T * 6) },
        { shape: mixing.kind === 'sliding' ? [mixing.k] : [T, T], values: weight },
      ],
    )
    expect(check.deviation).toBeLessThan(1e-8)
  })

  test('another number of steps is refused', () => {
    if (mixing.kind === 'sliding') return
    const backend = createInterpreter()
    const w = tensorOf(backend, [T, T], weight)
    const short = tensorOf(backend, [3, 1, 2], new Float64Array(6))
    expect(() => temporal({ backend, tape: null }, short, w, mixing)).toThrow(/another number of steps[\s\S]*Build/)
  })
})

describe('networks of parallel neurons', () => {
  const frames = hashedUniform(T * 4 * 3, 6).map((value) => 8 * value - 2)

  test.each([
    ['psn', psn({ surrogate: 'sigmoid', b: -0.2 })],
    ['masked-psn', maskedPsn({ surrogate: 'sigmoid', b: -0.2, k: 3 })],
    ['sliding-psn', slidingPsn({ surrogate: 'sigmoid', b: -0.2, k: 2 })],
  ])('%s: gradients reach every parameter, and are the same on both backends', async (_, neuron) => {
    const gradients: number[][] = []
    for (const [, open] of backends) {
      const backend = await open()
      const net = network(neuron, 'perStep')
      await net.place(backend)
      backend.beginStep()
      const tape = new Tape(backend)
      const logits = net.forward(tensorOf(backend, [T, 4, 3], frames), { backend, tape, training: true, T, key: 0 })
      const found = tape.backward(logits, backend.tensor(logits.shape, hashedUniform(sizeOf(logits.shape), 7)))
      const all: number[] = []
      for (const parameter of net.parameters()) {
        const values = await backend.read(found.get(parameter.on(backend))!)
        expect(
          values.some((value) => value !== 0),
          parameter.path,
        ).toBe(true)
        all.push(...values)
      }
      gradients.push(all)
      backend.endStep()
      await backend.close()
    }
    const size = Math.max(...gradients[0].map(Math.abs))
    gradients[0].forEach((value, i) => {
      expect(Math.abs(value - gradients[1][i]) / size).toBeLessThan(1e-4)
    })
    expect(
      network(neuron, 'perStep')
        .parameters()
        .map(({ path }) => path),
    ).toEqual([
      '0.weight',
      '0.bias',
      '2.norm.weight',
      '2.norm.bias',
      '2.temporal.weight',
      '2.b',
      '3.temporal.weight',
      '3.b',
      '4.weight',
      '4.bias',
    ])
  })

  test.each([
    ['masked-psn', maskedPsn({ k: 3 })],
    ['sliding-psn', slidingPsn({ k: 2 })],
  ])('%s: step by step it is the whole sequence', async (_, neuron) => {
    const backend = createInterpreter()
    const net = network(neuron)
    await net.place(backend)
    const run = { backend, tape: null, training: false, T, key: 0 }
    const whole = await backend.read(net.forward(tensorOf(backend, [T, 4, 3], frames), run).handle)
    let state: NetworkState | null = null
    for (let t = 0; t < T; t++) {
      const frame = tensorOf(backend, [1, 4, 3], frames.subarray(t * 12, (t + 1) * 12))
      const next: ReturnType<typeof net.step> = net.step(frame, state)
      if (state) net.releaseState(state)
      state = next.state
      const got = await backend.read(next.output.handle)
      got.forEach((value, i) => {
        expect(Math.abs(value - whole[t * 8 + i])).toBeLessThan(1e-12)
      })
    }
  })

  test('psn cannot run step by step, and says what can; one frame for all steps is repeated', async () => {
    const backend = createInterpreter()
    const net = network(psn())
    await net.place(backend)
    const frame = tensorOf(backend, [1, 4, 3], frames.subarray(0, 12))
    expect(() => net.step(frame, null)).toThrow(/cannot run step by step[\s\S]*masked-psn or sliding-psn/)
    const run = { backend, tape: null, training: false, T, key: 0 }
    const repeated = Float64Array.from({ length: T * 12 }, (_, i) => frames[i % 12])
    const [a, b] = [frame, tensorOf(backend, [T, 4, 3], repeated)].map((x) => net.forward(x, run))
    expect(await backend.read(a.handle)).toEqual(await backend.read(b.handle))
    expect(() => net.forward(frame, { ...run, truncation: { k: 1, kind: 'window' } })).toThrow('no recursion in time')
  })

  test('without a tape everything is released', async () => {
    const backend = createInterpreter()
    const net = network(maskedPsn(), 'perStep')
    await net.place(backend)
    const live = new Set<unknown>()
    const watched: Backend = { ...backend }
    for (const name of ['tensor', 'reshape', 'linear', 'slice', 'concat'] as const) {
      const make = backend[name] as (...args: unknown[]) => unknown
      ;(watched as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
        const handle = make(...args)
        live.add(handle)
        return handle
      }
    }
    watched.neuron = (x, call) => {
      const result = backend.neuron(x, call)
      live.add(result.output)
      return result
    }
    watched.release = (handle) => {
      live.delete(handle)
      backend.release(handle)
    }
    net.unplace()
    await net.place(watched)
    live.clear()
    const x = inputTensor(backend.tensor([T, 4, 3], frames))
    const y = net.forward(x, { backend: watched, tape: null, training: false, T, key: 0 })
    expect([...live]).toEqual([y.handle])
  })

  test('comes back from its configuration', () => {
    const net = network(maskedPsn({ k: 3 }), 'perStep')
    const again = networkFromConfig(JSON.parse(JSON.stringify(net.config)))
    expect(again.config).toEqual(net.config)
    expect(again.parameters().map(({ path, shape }) => [path, shape])).toEqual(
      net.parameters().map(({ path, shape }) => [path, shape]),
    )
  })

  test('sliding weights start as ..., 1/4, 1/2, 1', () => {
    const net = network(slidingPsn({ k: 4 }))
    expect([...net.parameter('1.temporal.weight').values]).toEqual([0.125, 0.25, 0.5, 1])
    expect([...net.parameter('1.b').values]).toEqual([-1])
    expect(network(psn()).parameter('1.temporal.weight').shape).toEqual([T, T])
  })
})
