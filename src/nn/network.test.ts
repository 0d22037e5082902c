import { describe, expect, test } from 'vitest'
import { Tape } from '../autograd/index.ts'
import { type Backend, createInterpreter } from '../backends/index.ts'
import { hashedUniform, type Shape, ShapeError, sizeOf, UsageError } from '../base/index.ts'
import { defineNeuron } from '../equations/index.ts'
import { clif, leakyReadout, lif, plif } from '../neurons/index.ts'
import { type Tensor, tensorOf } from '../tensor/index.ts'
import {
  AdaptiveAvgPool2d,
  AvgPool2d,
  BatchNorm2d,
  Composed,
  Conv2d,
  Dropout,
  Flatten,
  firingRates,
  type Layer,
  Linear,
  MaxPool2d,
  Network,
  type NetworkState,
  networkFromConfig,
  Recurrent,
  Residual,
  type Run,
  Sequential,
  Spiking,
} from './index.ts'

const input = [8, 8, 2]

/** One of everything. */
const zoo = () =>
  new Sequential([
    new Conv2d({ channels: 6, kernelSize: 3, padding: 1 }),
    new Spiking({ neuron: clif(), normalisation: 'perStep' }),
    new Residual(
      new Sequential([
        new Conv2d({ channels: 6, kernelSize: 3, padding: 1, groups: 2 }),
        new BatchNorm2d(),
        new Spiking({ neuron: plif(), normalisation: null }),
      ]),
    ),
    new MaxPool2d({ kernelSize: 2 }),
    new Spiking({ neuron: lif(), normalisation: 'merged' }),
    new Recurrent(new Spiking({ neuron: clif({ tau: 1.5 }) }), new Conv2d({ channels: 6, kernelSize: 1 })),
    new AvgPool2d({ kernelSize: 2 }),
    new AdaptiveAvgPool2d({ size: 3 }),
    new Dropout({ p: 0.3 }),
    new Flatten(),
    new Recurrent(new Spiking({ neuron: lif() }), new Linear({ features: 54 })),
    new Linear({ features: 4 }),
    new Spiking({ neuron: leakyReadout() }),
  ])

const network = (layer: Layer, shape: Shape = input) => new Network({ name: 'net', input: shape, layer, seed: 3 })

async function placed(net: Network): Promise<Backend> {
  const backend = createInterpreter()
  await net.place(backend)
  return backend
}

function images(backend: Backend, T: number, N: number, shape: Shape = input, key = 5): Tensor {
  const full = [T, N, ...shape]
  return tensorOf(
    backend,
    full,
    hashedUniform(sizeOf(full), key).map((u) => 3 * u),
  )
}

const evaluation = (backend: Backend, T: number): Run => ({ backend, tape: null, training: false, T, key: 0 })

describe('a network', () => {
  test('streams what the sequence gives, bit for bit, and leaves given states alone', async () => {
    const net = network(zoo())
    const backend = await placed(net)
    const T = 5
    const x = images(backend, T, 2)
    const whole = await backend.read(net.forward(x, evaluation(backend, T)).handle)
    expect(new Set(whole).size).toBeGreaterThan(T)
    let state: NetworkState | null = null
    const streamed: number[] = []
    for (let t = 0; t < T; t++) {
      const frame = { ...x, handle: backend.slice(x.handle, t, t + 1), shape: [1, ...x.shape.slice(1)] }
      const step: { output: Tensor; state: NetworkState } = net.step(frame, state)
      const again = net.step(frame, state)
      expect(await backend.read(again.output.handle)).toEqual(await backend.read(step.output.handle))
      net.releaseState(again.state)
      streamed.push(...(await backend.read(step.output.handle)))
      if (state) net.releaseState(state)
      state = step.state
    }
    expect(state?.position).toBe(T)
    expect(streamed).toEqual([...whole])
  })

  test('repeats one frame as if it had been given T times', async () => {
    const net = network(zoo())
    const backend = await placed(net)
    const frame = images(backend, 1, 2)
    const copies = {
      ...frame,
      handle: backend.concat([frame, frame, frame].map((f) => f.handle)),
      shape: [3, 2, ...input],
    }
    const results = []
    for (const x of [frame, copies]) {
      results.push(await backend.read(net.forward(x, evaluation(backend, 3)).handle))
    }
    expect(results[0]).toEqual(results[1])
  })

  test('gives every parameter a gradient', async () => {
    const net = network(zoo())
    const backend = await placed(net)
    const tape = new Tape(backend)
    const y = net.forward(images(backend, 3, 2), { ...evaluation(backend, 3), tape, training: true })
    const gradients = tape.backward(y, backend.tensor(y.shape, hashedUniform(sizeOf(y.shape), 6)))
    for (const p of net.parameters()) {
      const gradient = gradients.get(p.on(backend))
      expect(gradient?.shape, p.path).toEqual(p.shape)
    }
  })

  test('moves its running statistics in training only', async () => {
    const net = network(zoo())
    const backend = await placed(net)
    const read = async () => {
      await net.pull()
      return net.buffers().map((p) => [...p.values])
    }
    const before = await read()
    net.forward(images(backend, 2, 2), evaluation(backend, 2))
    expect(await read()).toEqual(before)
    net.forward(images(backend, 2, 2), { ...evaluation(backend, 2), training: true })
    expect(await read()).not.toEqual(before)
  })

  test('moves from backend to backend with its values', async () => {
    const net = network(zoo())
    const first = await placed(net)
    const p = net.parameters()[0]
    first.scale(p.on(first).handle, 0)
    await net.place(createInterpreter())
    expect([...p.values].every((value) => value === 0)).toBe(true)
    expect(() => p.on(first)).toThrow(/place/)
  })

  test('is rebuilt from its configuration', async () => {
    const net = network(zoo())
    const again = networkFromConfig(JSON.parse(JSON.stringify(net.config)))
    expect(again.config).toEqual(net.config)
    const outputs = []
    for (const one of [net, again]) {
      const backend = await placed(one)
      outputs.push(await backend.read(one.forward(images(backend, 3, 2), evaluation(backend, 3)).handle))
    }
    expect(outputs[0]).toEqual(outputs[1])
  })

  test('names the way to the layer that fails', () => {
    const build = () =>
      network(
        new Sequential([new Flatten(), new Residual(new Sequential([new Conv2d({ channels: 2, kernelSize: 3 })]))]),
      )
    expect(build).toThrow(ShapeError)
    expect(build).toThrow(/model "net" > layer 1 "residual" > "body" sequential > layer 0 "conv2d"/)
  })

  test('names the way when a run fails', async () => {
    const net = network(
      new Sequential([
        new Conv2d({ channels: 2, kernelSize: 3 }),
        new Spiking({ neuron: lif(), normalisation: 'perStep' }),
      ]),
      [3, 3, 1],
    )
    const backend = await placed(net)
    const run = { ...evaluation(backend, 2), training: true }
    expect(() => net.forward(images(backend, 1, 1, [3, 3, 1]), run)).toThrow(/model "net" > layer 1 "spiking"/)
    expect(() => net.forward(images(backend, 1, 1), run)).toThrow(/\[2 or 1, N, 3, 3, 1\]/)
  })

  test('refuses a layer in two places', () => {
    const shared = new Spiking({ neuron: lif() })
    expect(() => network(new Sequential([shared, shared]))).toThrow(/used a second time/)
  })

  test('hints at mistyped parameters', () => {
    expect(() => network(zoo()).parameter('0.wieght')).toThrow(/0\.weight/)
  })

  test('counts spikes of every neuron layer', async () => {
    const net = network(zoo())
    const backend = await placed(net)
    const rates = await firingRates(net, images(backend, 3, 2), 3)
    expect(rates.map((r) => r.path)).toEqual(['2', '3.body.2', '6', '7', '12', '14'])
    expect(rates[0].firingRate).toBeGreaterThan(0)
    expect(rates[0].firingRate).toBeLessThan(1)
    expect(rates[0].openRate).toBeGreaterThan(0)
  })
})

describe('parameters', () => {
  test('keep PyTorch order outside: OIHW, and C, H, W where images were flattened', () => {
    const net = network(
      new Sequential([new Conv2d({ channels: 3, kernelSize: [1, 2] }), new Flatten(), new Linear({ features: 2 })]),
      [2, 3, 2],
    )
    const conv = net.parameter('0.weight')
    expect(conv.outsideShape).toEqual([3, 2, 1, 2])
    conv.fromOutside(Array.from({ length: 12 }, (_, i) => i))
    // Inside, [kh, kw, in, out]: the two taps of output 0, input 1 are outside at 2 and 3.
    expect([conv.values[3], conv.values[9]]).toEqual([2, 3])
    const linear = net.parameter('2.weight')
    expect(linear.outsideShape).toEqual([2, 12])
    linear.fromOutside(Array.from({ length: 24 }, (_, i) => i))
    // Frame [2, 2, 3] in H, W, C: position (1, 0), channel 2 is outside at 2 * 4 + 2.
    const inside = (1 * 2 + 0) * 3 + 2
    expect([linear.values[inside * 2], linear.values[inside * 2 + 1]]).toEqual([10, 22])
    for (const p of [conv, linear]) expect([...p.toOutside()]).toEqual(Array.from(p.values, (_, i) => i))
  })

  test('start as in PyTorch: uniform within 1 / sqrt(fan-in), another seed other values', () => {
    const make = (seed: number) =>
      new Network({ name: 'net', input: [4, 4, 6], seed, layer: new Conv2d({ channels: 50, kernelSize: 3 }) })
    const values = make(1).parameter('weight').values
    const bound = 1 / Math.sqrt(54)
    const largest = Math.max(...values.map(Math.abs))
    expect(largest).toBeLessThanOrEqual(bound)
    expect(largest).toBeGreaterThan(0.99 * bound)
    const variance = Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 1)
    expect(make(2).parameter('weight').values).not.toEqual(values)
    expect(make(1).parameter('weight').values).toEqual(values)
  })

  test('that depend on the steps need T', async () => {
    const timed = defineNeuron({
      name: 'timed',
      learnable: { w: { start: 0.5, per: 'step' } },
      equations: 'u = u + w * x\ns = u',
    })()
    expect(() => network(new Spiking({ neuron: timed }))).toThrow(UsageError)
    const net = network(new Spiking({ neuron: timed, T: 3 }), [2])
    net.parameters()[0].set([1, 10, 100])
    const backend = await placed(net)
    const x = tensorOf(backend, [1, 1, 2], [1, 2])
    expect([...(await backend.read(net.forward(x, evaluation(backend, 3)).handle))]).toEqual([1, 2, 11, 22, 111, 222])
    let state: NetworkState | null = null
    const streamed: number[] = []
    for (let t = 0; t < 3; t++) {
      const step: { output: Tensor; state: NetworkState } = net.step(x, state)
      streamed.push((await backend.read(step.output.handle))[0])
      state = step.state
    }
    expect(streamed).toEqual([1, 11, 111])
    expect(() => net.step(x, state)).toThrow(/made for 3 steps/)
  })
})

describe('layers', () => {
  test('a model may be a plain function over named layers', async () => {
    const layers = {
      conv: new Conv2d({ channels: 2, kernelSize: 1 }),
      spiking: new Spiking({ neuron: lif(), normalisation: 'perStep' as const }),
      other: new Conv2d({ channels: 2, kernelSize: 3, padding: 1 }),
    }
    const net = network(
      new Composed(layers, (x, l, flow) => {
        const spikes = flow.apply(l.spiking, flow.apply(l.conv, x))
        return flow.add(flow.apply(l.other, spikes), spikes)
      }),
    )
    expect(net.output).toEqual([8, 8, 2])
    expect(net.parameters().map((p) => p.path)).toEqual([
      'conv.weight',
      'conv.bias',
      'spiking_norm.weight',
      'spiking_norm.bias',
      'other.weight',
      'other.bias',
    ])
    const backend = await placed(net)
    expect(net.forward(images(backend, 1, 1), evaluation(backend, 2)).shape).toEqual([2, 1, 8, 8, 2])
    expect(() => net.config).toThrow(/function/)
  })

  test('dropout follows the run’s key, and is off in evaluation', async () => {
    const net = network(new Dropout({ p: 0.5 }), [50])
    const backend = await placed(net)
    const x = tensorOf(backend, [1, 1, 50], new Float64Array(50).fill(1))
    const dropped = async (key: number, training: boolean) =>
      String(await backend.read(net.forward(x, { ...evaluation(backend, 1), training, key }).handle))
    expect(await dropped(1, true)).toBe(await dropped(1, true))
    expect(await dropped(1, true)).not.toBe(await dropped(2, true))
    expect(await dropped(1, false)).toBe(String(new Float64Array(50).fill(1)))
  })

  test('a recurrent layer feeds its last spikes back', async () => {
    const feedback = new Linear({ features: 1, bias: false })
    const net = network(new Recurrent(new Spiking({ neuron: lif({ threshold: 1 }) }), feedback), [1])
    net.parameter('feedback.weight').set([-3])
    const backend = await placed(net)
    const x = tensorOf(backend, [1, 1, 1], [1])
    // u: 1 (fires, 0), 0 + 1 - 3 = -2, -1 + 1 = 0, 1 (fires).
    const bytes = await backend.readBytes(net.forward(x, evaluation(backend, 4)).handle)
    expect(Array.from(bytes, (byte) => byte & 1)).toEqual([1, 0, 0, 1])
  })
})

test("the bias of a recurrent layer's feedback acts at every step", async () => {
  const net = network(new Recurrent(new Spiking({ neuron: lif({ threshold: 1 }) }), new Linear({ features: 1 })), [1])
  net.parameter('feedback.weight').set([-3])
  net.parameter('feedback.bias').set([0.5])
  const backend = await placed(net)
  const x = tensorOf(backend, [1, 1, 1], [0.5])
  // u: 1 (fires, 0), 0 + 1 - 3 = -2, -1 + 1 = 0, 1 (fires).
  const bytes = await backend.readBytes(net.forward(x, evaluation(backend, 4)).handle)
  expect(Array.from(bytes, (byte) => byte & 1)).toEqual([1, 0, 0, 1])
})

describe('memory', () => {
  test('is forecast as what the tape holds', async () => {
    const layer = () =>
      new Sequential([
        new Conv2d({ channels: 8, kernelSize: 3, padding: 1 }),
        new Spiking({ neuron: clif(), normalisation: 'perStep' }),
        new Conv2d({ channels: 8, kernelSize: 3, padding: 1 }),
        new Spiking({ neuron: clif(), normalisation: 'perStep' }),
        new Flatten(),
        new Linear({ features: 10 }),
      ])
    const net = network(layer())
    const { memory, text } = net.summary({ T: 4, batch: 3 })
    const [frame, hidden] = [8 * 8 * 2, 8 * 8 * 8]
    const expected = 3 * (frame * 4 + hidden * 4 + 4 * hidden + 4 * hidden * 4 + 4 * hidden + 4 * 10 * 4)
    expect(memory.activations).toBe(expected)
    expect(memory.perNeuronStep).toBeCloseTo(expected / (2 * hidden * 4 * 3), 12)
    expect(text).toMatch(/^net: 5,898 parameters, 1,024 neurons, 51,200 multiply-adds/)
  })
})
