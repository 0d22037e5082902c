import { describe, expect, test } from 'vitest'
import { Tape } from '../autograd/index.ts'
import { type Backend, createInterpreter, createWasm } from '../backends/index.ts'
import { hashedUniform } from '../base/index.ts'
import { defineNeuron, type Neuron } from '../equations/index.ts'
import { clif, lif } from '../neurons/index.ts'
import { Network as Net, type Network } from '../nn/index.ts'
import { parameterTensor, tensorOf } from '../tensor/index.ts'
import { modelFromConfig, models, SpikeDrivenAttention, spikeDrivenTransformer } from './index.ts'

/** Values of one sample by step, pixel and channel: [T][H][W][C]. */
type Sequence = number[][][][]

const [T, size] = [3, 16]

/** Parameters and running statistics that make neurons fire. */
function fill(net: Network): void {
  const all = [...net.parameters(), ...net.buffers()]
  all.forEach((p, k) => {
    const random = hashedUniform(p.values.length, 100 + k)
    if (p.path.endsWith('running_var')) p.set(random.map((r) => 0.3 + r))
    else if (p.path.endsWith('weight') && p.shape.length === 1) p.set(random.map((r) => 0.8 + r))
    else
      p.set(random.map((r) => (2 * r - 1) * (p.shape.length === 4 ? 2 / Math.sqrt(p.shape[0] ** 2 * p.shape[2]) : 0.3)))
  })
}

function pixels(
  height: number,
  width: number,
  channels: number,
  of: (t: number, y: number, x: number, c: number) => number,
): Sequence {
  const list = <Value>(length: number, make: (i: number) => Value) => Array.from({ length }, (_, i) => make(i))
  return list(T, (t) => list(height, (y) => list(width, (x) => list(channels, (c) => of(t, y, x, c)))))
}

/** The network's layers as plain loops over numbers, from its parameters. */
function loops(net: Network, neuron: 'lif' | 'clif') {
  const at = (path: string) => net.parameter(path)
  const sizes = (x: Sequence) => [x[0].length, x[0][0].length, x[0][0][0].length] as const
  const has = (path: string) => [...net.parameters(), ...net.buffers()].some((p) => p.path === path)
  function conv(path: string, x: Sequence): Sequence {
    const [height, width] = sizes(x)
    const { shape, values } = at(`${path}.weight`)
    const [k, , channels, outputs] = shape
    const reach = (k - 1) / 2
    return pixels(height, width, outputs, (t, y, column, o) => {
      let sum = has(`${path}.bias`) ? at(`${path}.bias`).values[o] : 0
      for (let i = 0; i < k; i++)
        for (let j = 0; j < k; j++)
          for (let c = 0; c < channels; c++)
            sum +=
              (x[t][y + i - reach]?.[column + j - reach]?.[c] ?? 0) * values[((i * k + j) * channels + c) * outputs + o]
      return sum
    })
  }
  function norm(path: string, x: Sequence): Sequence {
    const [mean, variance, weight, bias] = ['running_mean', 'running_var', 'weight', 'bias'].map(
      (n) => at(`${path}.${n}`).values,
    )
    return pixels(
      ...sizes(x),
      (t, y, column, c) => ((x[t][y][column][c] - mean[c]) / Math.sqrt(variance[c] + 1e-5)) * weight[c] + bias[c],
    )
  }
  function fire(x: Sequence): Sequence {
    const [height, width, channels] = sizes(x)
    const result = pixels(height, width, channels, () => 0)
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v))
    for (let y = 0; y < height; y++)
      for (let column = 0; column < width; column++)
        for (let c = 0; c < channels; c++) {
          let [u, m] = [0, 0]
          for (let t = 0; t < T; t++) {
            u = 0.5 * u + x[t][y][column][c]
            const s = u >= 1 ? 1 : 0
            m = m * sigmoid(u / 2) + s
            u -= s * (neuron === 'clif' ? 1 + sigmoid(m) : 1)
            result[t][y][column][c] = s
          }
        }
    return result
  }
  function maximum(x: Sequence, stride = 2): Sequence {
    const [height, width, channels] = sizes(x)
    return pixels(Math.ceil(height / stride), Math.ceil(width / stride), channels, (t, y, column, c) => {
      const seen = [-1, 0, 1].flatMap((i) =>
        [-1, 0, 1].map((j) => x[t][stride * y + i]?.[stride * column + j]?.[c] ?? Number.NEGATIVE_INFINITY),
      )
      return Math.max(...seen)
    })
  }
  const plus = (a: Sequence, b: Sequence) => pixels(...sizes(a), (t, y, x, c) => a[t][y][x][c] + b[t][y][x][c])
  function overPlaces(x: Sequence): Sequence {
    const channels = sizes(x)[2]
    return pixels(1, 1, channels, (t, _, __, c) => x[t].flat().reduce((sum, place) => sum + place[c], 0))
  }
  function attention(path: string, x: Sequence, { open = false, spread = false } = {}): Sequence {
    const spikes = fire(x)
    const [q, k, v] = ['q', 'k', 'v'].map((name) =>
      fire(norm(`${path}${name}_bn`, conv(`${path}${name}_conv`, spikes))),
    )
    const wide = (of: Sequence) => (spread ? maximum(of, 1) : of)
    const [keys, values] = [wide(k), wide(v)]
    const shared = wide(pixels(...sizes(k), (t, y, column, c) => keys[t][y][column][c] * values[t][y][column][c]))
    const chosen = open ? pixels(1, 1, sizes(k)[2], () => 1) : fire(overPlaces(shared))
    const masked = pixels(...sizes(q), (t, y, column, c) => q[t][y][column][c] * chosen[t][0][0][c])
    return norm(`${path}proj_bn`, conv(`${path}proj_conv`, wide(masked)))
  }
  function whole(image: Sequence): number[][] {
    let x = image
    for (const i of [1, 2, 3]) x = fire(norm(`patches.bn${i}`, conv(`patches.conv${i}`, x)))
    x = maximum(norm('patches.bn4', conv('patches.conv4', x)))
    x = plus(norm('patches.places.body.bn5', conv('patches.places.body.conv5', fire(x))), x)
    x = plus(attention('blocks.0.attention.body.', x), x)
    const wide = fire(norm('blocks.0.mlp.body.bn1', conv('blocks.0.mlp.body.conv1', fire(x))))
    x = plus(norm('blocks.0.mlp.body.bn2', conv('blocks.0.mlp.body.conv2', wide)), x)
    const places = x[0].length * x[0][0].length
    const means = overPlaces(x).map((step) => step.map((row) => row.map((place) => place.map((sum) => sum / places))))
    const { shape, values } = at('fc.weight')
    return fire(means).map(([[spikes]]) =>
      Array.from({ length: shape[1] }, (_, o) =>
        spikes.reduce((sum, s, c) => sum + s * values[c * shape[1] + o], at('fc.bias').values[o]),
      ),
    )
  }
  return { attention, whole }
}

const small = (neuron: Neuron) =>
  spikeDrivenTransformer('small', { depth: 1, channels: 16 }, { input: [size, size, 2], classes: 4, neuron })

async function logits(net: Network, backend: Backend, shape: number[], values: ArrayLike<number>): Promise<number[]> {
  await net.place(backend)
  const x = tensorOf(backend, shape, values)
  const y = net.forward(x, { backend, tape: null, training: false, T, key: 0 })
  return [...(await backend.read(y.handle))]
}

describe.each([
  ['lif', lif()],
  ['clif', clif()],
] as const)('with %s, the values are those of plain loops', (name, neuron) => {
  test.each([
    ['interpreter', false, async () => createInterpreter(), 9],
    ['interpreter', true, async () => createInterpreter(), 9],
    ['wasm', false, async () => createWasm({ threads: 2 }), 4],
    ['wasm', true, async () => createWasm({ threads: 2 }), 4],
  ] as const)('attention on %s, spread %s', async (_, spread, create, digits) => {
    const shape = [T, 1, 3, 2, 8]
    const net = new Net({
      name: 'attention',
      input: [3, 2, 8],
      layer: new SpikeDrivenAttention({ input: [3, 2, 8], classes: 1, neuron }, 8, spread),
    })
    fill(net)
    const values = hashedUniform(T * 48, 7).map((r) => Math.fround(3 * r - 0.5))
    const backend = await create()
    const ours = await logits(net, backend, shape, values)
    const given = pixels(3, 2, 8, (t, y, x, c) => values[t * 48 + (y * 2 + x) * 8 + c])
    const expected = loops(net, name).attention('', given, { spread }).flat(3)
    ours.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], digits)
    })
    // Some spikes pass, and some do not; what is spread differs from what is not.
    const other = spread ? {} : { open: true }
    const open = loops(net, name).attention('', given, other).flat(3)
    const differing = ours.filter((value, i) => Math.abs(value - open[i]) > 1e-3).length
    expect(differing).toBeGreaterThan(ours.length / 10)
    expect(new Set(ours.map((value) => value.toFixed(6))).size).toBeGreaterThan(12)
    await backend.close()
  })

  test('the whole network', async () => {
    const net = small(neuron)
    fill(net)
    const values = hashedUniform(size * size * 2, 9).map((r) => 4 * r - 2)
    const backend = createInterpreter()
    const ours = await logits(net, backend, [1, 1, size, size, 2], values)
    const expected = loops(net, name)
      .whole(pixels(size, size, 2, (_, y, x, c) => values[(y * size + x) * 2 + c]))
      .flat()
    expect(new Set(expected.map((value) => value.toFixed(6))).size).toBeGreaterThan(4)
    ours.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 9)
    })
    await backend.close()
  })
})

test('gradients of attention equal finite differences, with a neuron that is smooth', async () => {
  const smooth = defineNeuron({ name: 'smooth', equations: 'u = 0.5 * u + x; s = tanh(u)' })()
  const shape = [T, 1, 2, 2, 3]
  const net = new Net({
    name: 'attention',
    input: [2, 2, 3],
    layer: new SpikeDrivenAttention({ input: [2, 2, 3], classes: 1, neuron: smooth }, 3),
  })
  fill(net)
  const backend = createInterpreter()
  await net.place(backend)
  const start = hashedUniform(T * 12, 7).map((r) => 2 * r - 1)
  const weights = hashedUniform(T * 12, 8)
  const run = { backend, training: false, T, key: 0 }
  const project = async (values: ArrayLike<number>) => {
    const y = net.forward(tensorOf(backend, shape, values), { ...run, tape: null })
    return [...(await backend.read(y.handle))].reduce((sum, value, i) => sum + value * weights[i], 0)
  }
  const tape = new Tape(backend)
  const x = parameterTensor(backend.tensor(shape, start))
  const y = net.forward(x, { ...run, tape })
  const gradients = tape.backward(y, backend.tensor(shape, weights))
  const step = 1e-6
  const difference = async (change: (by: number) => Promise<number>) =>
    ((await change(step)) - (await change(-step))) / (2 * step)
  const input = await backend.read(gradients.get(x) as never)
  for (let i = 0; i < start.length; i += 5) {
    const found = await difference((by) => project(start.map((value, j) => (j === i ? value + by : value))))
    expect(input[i]).toBeCloseTo(found, 7)
  }
  for (const p of net.parameters()) {
    const gradient = (await backend.read(gradients.get(p.on(backend)) as never))[1]
    const values = p.values.slice()
    const found = await difference((by) => {
      p.set(values.map((value, j) => (j === 1 ? value + by : value)))
      return project(start)
    })
    p.set(values)
    expect([p.path, gradient]).toEqual([p.path, expect.closeTo(found, 7)])
  }
  await backend.close()
})

describe('the registered ones', () => {
  test('have the published size, and are rebuilt from their configuration', () => {
    const gesture = models.transformer({ input: [128, 128, 2], classes: 11, neuron: clif() })
    expect(gesture.rows.find(({ path }) => path === 'pool')?.input.shape).toEqual([8, 8, 256])
    expect((gesture.summary({ T: 16, batch: 1 }).parameters / 1e6).toFixed(2)).toBe('2.57')
    const net = models['transformer-small']({
      input: [32, 32, 3],
      classes: 10,
      neuron: lif({ tau: 1.5 }),
      dropout: 0.1,
      seed: 3,
    })
    const again = modelFromConfig(JSON.parse(JSON.stringify(net.config)))
    expect(again.parameters().map(({ path, values }) => [path, values])).toEqual(
      net.parameters().map(({ path, values }) => [path, values]),
    )
  })

  test('stay spikes between the neurons, so that convolutions get events', () => {
    const { rows } = models.transformer({ input: [128, 128, 2], classes: 11, neuron: clif() })
    const fedByNumbers = rows.filter(
      ({ type, input }) => (type === 'conv2d' || type === 'linear') && input.kind === 'dense',
    )
    expect(fedByNumbers.map(({ path }) => path)).toEqual(['patches.conv1'])
  })
})
