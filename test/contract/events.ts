import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type Backend,
  type Conv2dOptions,
  conv2dShape,
  createInterpreter,
  type Handle,
} from '../../src/backends/index.ts'
import { hash32, hashedUniform, type Shape, sizeOf } from '../../src/base/index.ts'

/** A convolution of spikes, whole: shapes, rates, options. */
interface EventCase {
  readonly steps: number
  readonly batch: number
  readonly image: readonly [number, number]
  /** Channels of one group, in and out. */
  readonly inputs: number
  readonly outputs: number
  readonly kernel: readonly [number, number]
  readonly options: Conv2dOptions
  readonly spikeRate: number
  readonly windowRate: number
  readonly scale: number
  readonly bias: boolean
  readonly residual: 'none' | 'spikes' | 'dense' | 'frame'
}

const same = (value: number) => [value, value] as const

const plain: EventCase = {
  steps: 2,
  batch: 2,
  image: [8, 7],
  inputs: 8,
  outputs: 16,
  kernel: [3, 3],
  options: { stride: [1, 1], padding: [1, 1], dilation: [1, 1], groups: 1 },
  spikeRate: 0.15,
  windowRate: 0.2,
  scale: 1,
  bias: true,
  residual: 'none',
}

function named(): { readonly [name: string]: EventCase } {
  const cases: { [name: string]: EventCase } = {}
  const options = (of: Partial<Conv2dOptions>) => ({ options: { ...plain.options, ...of } })
  const add = (name: string, changes: Partial<EventCase>) => {
    cases[name] = { ...plain, ...changes }
  }
  for (const rate of [0, 0.02, 0.15, 0.5, 1]) {
    add(`${rate * 100} % spikes`, { spikeRate: rate })
    add(`${rate * 100} % open windows`, { windowRate: rate })
  }
  for (const channels of [1, 3, 4, 6, 20, 36]) {
    add(`${channels} inputs`, { inputs: channels })
    add(`${channels} outputs`, { outputs: channels })
  }
  for (const size of [1, 3, 5]) {
    for (const stride of [1, 2, 4]) {
      for (const padding of [0, 1, 2]) {
        const shape = options({ stride: same(stride), padding: same(padding) })
        add(`${size}x${size}, stride ${stride}, padding ${padding}`, { kernel: same(size), ...shape })
      }
    }
  }
  add('dilated by 2', options({ dilation: [2, 2], padding: [2, 2] }))
  add('dilated, with a stride', options({ dilation: [2, 2], padding: [2, 2], stride: [2, 2] }))
  add('2 groups', options({ groups: 2 }))
  add('3 groups of 4, stride 2', { inputs: 4, outputs: 4, ...options({ groups: 3, stride: [2, 2] }) })
  add('a channel a group', { inputs: 1, outputs: 1, ...options({ groups: 8 }) })
  for (const residual of ['spikes', 'dense', 'frame'] as const) add(`a residual: ${residual}`, { residual })
  add('one frame for all steps, of odd size', { residual: 'frame', image: [3, 3], inputs: 3, outputs: 5, steps: 3 })
  add('padding alone is read', { image: [2, 2], kernel: [1, 1], ...options({ stride: [4, 4], padding: [1, 1] }) })
  add('a residual of odd channels', { residual: 'spikes', outputs: 6 })
  add('after dropout', { scale: 1.25 })
  add('after dropout, with a residual', { scale: 1.25, residual: 'spikes' })
  add('64 channels on both sides', { inputs: 64, outputs: 64 })
  add('many channels on few pixels', { image: [2, 2], inputs: 136, outputs: 72, batch: 5 })
  add('many images of one pixel', { image: [1, 1], kernel: [1, 1], batch: 40, inputs: 64, outputs: 12 })
  add('one large image', { image: [40, 33], steps: 1, batch: 1, inputs: 4, outputs: 4 })
  return cases
}

const arbitrary: fc.Arbitrary<EventCase> = fc
  .record({
    steps: fc.integer({ min: 1, max: 3 }),
    batch: fc.integer({ min: 1, max: 4 }),
    image: fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 })),
    inputs: fc.integer({ min: 1, max: 40 }),
    outputs: fc.integer({ min: 1, max: 40 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    options: fc.record({
      stride: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      padding: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
      dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      groups: fc.integer({ min: 1, max: 3 }),
    }),
    spikeRate: fc.constantFrom(0, 0.02, 0.15, 0.5, 1),
    windowRate: fc.constantFrom(0, 0.02, 0.2, 0.5, 1),
    scale: fc.constantFrom(1, 1.25, 0.25),
    bias: fc.boolean(),
    residual: fc.constantFrom('none', 'spikes', 'dense', 'frame'),
  })
  .map((c) => ({ ...c, inputs: roundedHalfTheTime(c.inputs), outputs: roundedHalfTheTime(c.outputs) }))
  .filter((c) =>
    c.image.every((size, k) => size + 2 * c.options.padding[k] > c.options.dilation[k] * (c.kernel[k] - 1)),
  )

/** Multiples of 4 are what event kernels take: make them as frequent as all others. */
function roundedHalfTheTime(channels: number): number {
  return channels % 2 === 0 ? Math.ceil(channels / 4) * 4 : channels
}

function bytes(size: number, c: EventCase, key: number): Uint8Array {
  const hit = (i: number, rate: number, stream: number) => hash32(i, stream) < rate * 2 ** 32
  return Uint8Array.from(
    { length: size },
    (_, i) => (hit(i, c.spikeRate, key) ? 1 : 0) | (hit(i, c.windowRate, key + 1) ? 2 : 0),
  )
}

/** Everything a backend computes for a case, by name. */
async function valuesOf(b: Backend, c: EventCase): Promise<{ [name: string]: ArrayLike<number> }> {
  const { groups } = c.options
  const made: Handle[] = []
  const keep = <H extends Handle | null>(handle: H): H => {
    if (handle) made.push(handle)
    return handle
  }
  const dense = (shape: Shape, key: number) =>
    keep(
      b.tensor(
        shape,
        Float32Array.from(hashedUniform(sizeOf(shape), key), (u) => 2 * u - 1),
      ),
    )
  const shape = [c.steps, c.batch, ...c.image, c.inputs * groups]
  const weightShape = [...c.kernel, c.inputs, c.outputs * groups]
  const x = keep(b.spikes(shape, bytes(sizeOf(shape), c, 1), c.scale))
  const weight = dense(weightShape, 3)
  const bias = c.bias ? dense([c.outputs * groups], 4) : null
  const out = [c.steps, c.batch, ...conv2dShape(shape.slice(2), weightShape, c.options)]
  const residuals = {
    none: () => null,
    // Another scale than the input has: each must be its own.
    spikes: () => keep(b.spikes(out, bytes(sizeOf(out), c, 5), 2 * c.scale - 0.5)),
    dense: () => dense(out, 6),
    frame: () => dense([1, ...out.slice(1)], 6),
  }
  const y = keep(b.conv2d(x, weight, bias, residuals[c.residual](), c.options))
  const gradient = dense(out, 7)
  const all = { input: 'full', weight: true, bias: true } as const
  const full = b.conv2dBackward(x, weight, gradient, c.options, all)
  const open = b.conv2dBackward(x, weight, gradient, c.options, { ...all, input: 'open' })
  const handles = {
    output: y,
    'full input gradient': keep(full.input),
    'weight gradient': keep(full.weight),
    'bias gradient': keep(full.bias),
    'open input gradient': keep(open.input),
    'weight gradient beside an open one': keep(open.weight),
    'bias gradient beside an open one': keep(open.bias),
  }
  const values: { [name: string]: ArrayLike<number> } = {}
  for (const [name, handle] of Object.entries(handles)) values[name] = await b.read(handle as Handle)
  for (const handle of made) b.release(handle)
  return values
}

/** Deviation relative to the largest value of each tensor; Infinity where both should be 0 and are not. */
function deviations(
  actual: { [name: string]: ArrayLike<number> },
  expected: { [name: string]: ArrayLike<number> },
): { [name: string]: number } {
  return Object.fromEntries(
    Object.entries(expected).map(([name, values]) => {
      let size = 0
      let worst = values.length === actual[name].length ? 0 : Number.POSITIVE_INFINITY
      for (let i = 0; i < values.length; i++) {
        const off = Math.abs(values[i] - actual[name][i])
        size = Math.max(size, Math.abs(values[i]))
        if (!(off <= worst)) worst = Number.isNaN(off) ? Number.POSITIVE_INFINITY : off
      }
      return [name, worst === 0 ? 0 : worst / size]
    }),
  )
}

/**
 * Convolutions of spikes on a backend, against the interpreter (whose own convolutions are held against naive sums):
 * named cases, and random ones.
 * @param runs how many random cases
 */
export function describeEvents(name: string, create: () => Promise<Backend>, tolerance: number, runs: number): void {
  describe(`convolutions of spikes on ${name}`, () => {
    async function check(c: EventCase, backend: Backend): Promise<void> {
      const oracle = createInterpreter()
      const off = deviations(await valuesOf(backend, c), await valuesOf(oracle, c))
      const bad = Object.entries(off).filter(([, deviation]) => !(deviation <= tolerance))
      expect(bad).toEqual([])
    }

    let backend: Backend
    beforeAll(async () => {
      backend = await create()
    })
    afterAll(() => backend.close())

    /** What kernels make must not depend on what the memory held before. */
    const soil = () => {
      const size = 1 << 19
      backend.release(backend.tensor([size], new Float32Array(size).fill(1e3)))
    }

    test.each(Object.entries(named()))('%s', async (_, c) => {
      soil()
      await check(c, backend)
    })

    test(`${runs} random shapes, one after another`, async () => {
      await fc.assert(
        fc.asyncProperty(arbitrary, (c) => check(c, backend)),
        { numRuns: runs, seed: 60 },
      )
    })
  })
}
