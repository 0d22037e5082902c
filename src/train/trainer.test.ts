import { describe, expect, test } from 'vitest'
import { type Backend, createInterpreter, createWasm } from '../backends/index.ts'
import { defineNeuron, type Neuron } from '../equations/index.ts'
import { lif } from '../neurons/index.ts'
import { loadCheckpoint } from './checkpoint.ts'
import { evaluate } from './evaluate.ts'
import { adamW, sgd } from './optimiser.ts'
import { MemoryRunStore } from './run-store.ts'
import type { TrainOptions } from './settings.ts'
import { tickingHost, tinyDatasets, tinyNetwork, valuesOf } from './testing/tiny.ts'
import { train } from './train.ts'
import { Trainer } from './trainer.ts'

const data = tinyDatasets()
const backends: [string, () => Promise<Backend>][] = [
  ['interpreter', async () => createInterpreter()],
  ['wasm', () => createWasm()],
]

const noisy = defineNeuron({
  name: 'noisy',
  constants: { threshold: 1 },
  learnable: {
    leak: { start: 'uniform(0.3, 0.9)', per: 'neuron', min: 0, max: 1 },
    sigma: { start: 'normal(0.2, 0.05)', per: 'channel', min: 0 },
  },
  equations: 'u = leak * u + x + sigma * noise()\ns = spike(u - threshold)\nreset(u)',
})()

const base = { host: tickingHost(), T: 3, epochs: 3, batch: 8, seed: 5 }

describe.each(backends)('training on %s', (_, open) => {
  test('learns, and records what it did', async () => {
    const store = new MemoryRunStore()
    const lines: string[] = []
    const network = tinyNetwork()
    const options: TrainOptions = {
      ...base,
      backend: await open(),
      epochs: 8,
      store,
      recordEvery: 2,
      log: (l) => lines.push(l),
    }
    const result = await train(network, data, options)
    expect(result.stopped).toBe(false)
    expect(result.test!.accuracy).toBeGreaterThan(0.9)
    expect(result.final).toMatchObject({ testAccuracy: result.test!.accuracy, rule: 'best validation accuracy' })
    expect(result.confusion.flat().reduce((a, b) => a + b)).toBe(12)
    expect(result.firingRates.map(({ layer }) => layer)).toEqual(['2'])
    expect(result.epochs.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(result.epochs.at(-1)!.trainLoss).toBeLessThan(result.epochs[0].trainLoss / 2)
    expect(result.epochs[0].imagesPerSecond).toBeGreaterThan(0)
    expect((await store.lines('epochs')).length).toBe(8)
    expect((await store.lines('steps')).map(({ update }) => update)).toEqual([
      2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32,
    ])
    expect(store.metrics.length).toBe(8)
    expect(store.curves.at(-1)!.values).toHaveProperty('epoch/validation accuracy')
    expect(await store.readConfig()).toMatchObject({ T: 3, optimiser: { name: 'sgd' }, dataset: { train: 30 } })
    expect(lines.join('\n')).toMatch(/27 samples and 4 updates an epoch[\s\S]*memory: about[\s\S]*epoch 8\/8: loss/)
  })

  test.each<[string, Partial<TrainOptions>, Neuron?]>([
    ['sgd', {}],
    ['adamW, accumulated', { optimiser: adamW({ learningRate: 0.01 }), accumulate: 2, clip: 0.5 }],
    ['mixed samples', { mixing: { mixup: 0.2, cutmix: 1 } }],
    ['noisy neurons with random starts', {}, noisy],
  ])('stopped inside an epoch and resumed, it ends with the same bits: %s', async (_, more, neuron = lif()) => {
    const options = { ...base, ...more, validation: 'none' as const }
    const whole = tinyNetwork({ neuron })
    const uninterrupted = await train(whole, data, { ...options, backend: await open() })
    const store = new MemoryRunStore()
    const first = await train(tinyNetwork({ neuron }), data, {
      ...options,
      backend: await open(),
      store,
      hooks: { onUpdate: ({ epoch, position }, training) => void (epoch === 2 && position === 1 && training.stop()) },
    })
    expect(first.stopped).toBe(true)
    expect(first.test).toBeNull()
    const saved = loadCheckpoint((await store.readCheckpoint('last'))!)
    expect(saved.progress).toMatchObject({ epoch: 1, position: options.accumulate ?? 1 })
    const resumed = tinyNetwork({ seed: 99, neuron })
    const second = await train(resumed, data, { ...options, backend: await open(), store, resume: true })
    expect(await valuesOf(resumed)).toEqual(await valuesOf(whole))
    const numbers = ({ epochs }: typeof second) =>
      epochs.map(({ trainLoss, trainAccuracy, testLoss, firingRates }) => ({
        trainLoss,
        trainAccuracy,
        testLoss,
        firingRates,
      }))
    expect(numbers(second)).toEqual(numbers(uninterrupted))
    expect(second.final).toEqual(uninterrupted.final)
    expect((await store.lines('epochs')).map(({ epoch }) => epoch)).toEqual([1, 2, 3])
  })

  test('learned values stay within their bounds, starts differ with the seed, and noise is left out of evaluation', async () => {
    const backend = await open()
    const bounded = defineNeuron({
      name: 'bounded',
      learnable: {
        leak: { start: 'uniform(0.3, 0.9)', per: 'neuron', min: 0.25, max: 0.95 },
        sigma: { start: 0.5, min: 0.499, max: 0.501 },
      },
      equations: 'u = leak * u + x + sigma * noise()\ns = spike(u - 1)\nu = u - s',
    })()
    const network = tinyNetwork({ neuron: bounded })
    const { values } = network.parameter('2.leak')
    expect(values).toHaveLength(6 * 6 * 4)
    expect(tinyNetwork({ neuron: bounded }).parameter('2.leak').values).toEqual(values)
    expect(tinyNetwork({ neuron: bounded, seed: 4 }).parameter('2.leak').values).not.toEqual(values)
    const options = { ...base, backend, optimiser: sgd({ learningRate: 2, momentum: 0 }) }
    await train(network, data, { ...options, validation: 'none' })
    const learned = await valuesOf(network)
    expect(learned['2.leak'].every((v) => v >= 0.25 && v <= Math.fround(0.95))).toBe(true)
    expect(learned['2.leak'].some((v) => v === 0.25 || Math.fround(v) === Math.fround(0.95))).toBe(true)
    expect([0.499, 0.501].map(Math.fround)).toContain(Math.fround(learned['2.sigma'][0]))
    const judged = async (seed: number, noise: 'training' | 'always') => {
      const neuron = defineNeuron(bounded.config.definition as never)({ noise })
      return (await evaluate(tinyNetwork({ neuron }), data.test, { ...options, seed })).loss
    }
    expect(await judged(1, 'training')).toBe(await judged(2, 'training'))
    expect(await judged(1, 'always')).toBe(await judged(1, 'always'))
    expect(await judged(1, 'always')).not.toBe(await judged(2, 'always'))
  })

  test('a checkpoint alone gives the network back: same values, same answers', async () => {
    const backend = await open()
    const store = new MemoryRunStore()
    const network = tinyNetwork()
    await train(network, data, { ...base, backend, epochs: 1, store, validation: 'none' })
    const { net } = loadCheckpoint((await store.readCheckpoint('last'))!)
    const options = { ...base, backend }
    expect(await evaluate(net, data.test, options)).toMatchObject({
      loss: (await evaluate(network, data.test, options)).loss,
    })
    expect(await valuesOf(net)).toEqual(await valuesOf(network))
  })

  test('several batches make the update of one large one, where nothing is normalised', async () => {
    const values = async (more: object) => {
      const network = tinyNetwork({ dropout: false, normalisation: null })
      await train(network, data, { ...base, backend: await open(), validation: 'none', ...more })
      return valuesOf(network)
    }
    const [large, small] = [await values({ batch: 12 }), await values({ batch: 4, accumulate: 3 })]
    for (const [name, expected] of Object.entries(large)) {
      expected.forEach((value, i) => void expect(small[name][i]).toBeCloseTo(value, 5))
    }
  })
})

describe('training', () => {
  test('Ctrl-C finishes the update, writes a checkpoint and says so', async () => {
    const stop = { aborted: false }
    const store = new MemoryRunStore()
    const updates: number[] = []
    const result = await train(tinyNetwork(), data, {
      ...base,
      backend: createInterpreter(),
      store,
      stop,
      hooks: {
        onUpdate: ({ update }) => {
          updates.push(update)
          stop.aborted = update === 2
        },
      },
    })
    expect(result.stopped).toBe(true)
    expect(updates).toEqual([1, 2])
    expect(loadCheckpoint((await store.readCheckpoint('last'))!).progress).toMatchObject({ update: 2, position: 2 })
  })

  test('Ctrl-C while an epoch is judged: the judging comes again', async () => {
    const stop = { aborted: false }
    const store = new MemoryRunStore()
    const options = { ...base, epochs: 1, validation: 'none' as const, store }
    const host = { ...tickingHost(), pause: async () => void (pauses += 1) }
    let pauses = 0
    const stopped = await train(tinyNetwork(), data, {
      ...options,
      backend: createInterpreter(),
      host: { ...host, pause: async () => void (stop.aborted = ++pauses === 5) },
      stop,
    })
    expect(stopped.stopped).toBe(true)
    expect(loadCheckpoint((await store.readCheckpoint('last'))!).progress).toMatchObject({ epoch: 0, position: 4 })
    const resumed = await train(tinyNetwork(), data, { ...options, backend: createInterpreter(), resume: true })
    const whole = await train(tinyNetwork(), data, {
      ...options,
      backend: createInterpreter(),
      store: new MemoryRunStore(),
    })
    expect(resumed.test!.loss).toBe(whole.test!.loss)
  })

  test('the validation accuracy chooses the epoch, whose parameters the network keeps', async () => {
    const network = tinyNetwork()
    const store = new MemoryRunStore()
    // The rate explodes after the first epoch, so that a later one cannot be better.
    const options = { ...base, backend: createInterpreter(), store, optimiser: sgd({ learningRate: 0.05 }) }
    const result = await train(network, data, { ...options, epochs: 6 })
    const best = result.epochs.reduce((a, b) => (b.validationAccuracy! > a.validationAccuracy! ? b : a))
    expect(result.final!.bestEpoch).toBe(best.epoch)
    const { net, progress } = loadCheckpoint((await store.readCheckpoint('best'))!)
    expect(progress.epoch).toBe(best.epoch)
    expect(await valuesOf(network)).toEqual(await valuesOf(net))
  })

  test('protocol of papers: trained on all, the last epoch counts, the best stands beside it', async () => {
    const result = await train(tinyNetwork(), data, { ...base, backend: createInterpreter(), validation: 'none' })
    expect(result.final).toMatchObject({ rule: 'last epoch', testAccuracy: result.epochs[2].testAccuracy })
    expect(result.final!.bestTestAccuracy).toBe(Math.max(...result.epochs.map((epoch) => epoch.testAccuracy!)))
    expect(result.epochs[0]).not.toHaveProperty('validationAccuracy')
  })

  test.each([
    ['the images', 'input of "the images"', (n: ReturnType<typeof tinyNetwork>) => n],
    [
      'a parameter',
      'parameter of "4.bias"',
      (n) => {
        n.parameter('4.bias').set([0, Number.NaN, 0])
        return n
      },
    ],
    [
      'an overflow',
      'output of "4"',
      (n) => {
        n.parameter('4.bias').set([1.7e308, 1.7e308, 1.7e308])
        n.parameter('4.weight').set(Float64Array.from(n.parameter('4.weight').values, () => 1e308))
        return n
      },
    ],
  ] as [string, string, (n: ReturnType<typeof tinyNetwork>) => ReturnType<typeof tinyNetwork>][])(
    'what is not finite is named, and no update is made of it: %s',
    async (what, named, spoil) => {
      const network = spoil(tinyNetwork({ dropout: false }))
      const before = JSON.stringify(network.parameters().map((p) => [...p.values]))
      const broken = {
        name: 'broken',
        options: {},
        apply: ({ values }: { values: Float32Array }) => void (values[0] = Number.NaN),
      }
      const run = train(network, data, {
        ...base,
        backend: createInterpreter(),
        ...(what === 'the images' ? { transforms: { train: [broken] } } : {}),
      })
      await expect(run).rejects.toThrow(`epoch 1, update 1, ${named}`)
      await network.pull()
      expect(JSON.stringify(network.parameters().map((p) => [...p.values]))).toBe(before)
    },
  )

  test('the last checkpoint survives what is not finite', async () => {
    const store = new MemoryRunStore()
    const network = tinyNetwork()
    const run = train(network, data, {
      ...base,
      backend: createInterpreter(),
      store,
      hooks: { onEpoch: () => network.parameter('5.bias').set([Number.NaN, 0, 0]) },
    })
    await expect(run).rejects.toThrow(/epoch 2, update 5, parameter of "5.bias"[\s\S]*last checkpoint is whole: memory/)
    const { net, progress } = loadCheckpoint((await store.readCheckpoint('last'))!)
    expect(progress.update).toBe(4)
    expect(net.parameter('5.bias').values.every(Number.isFinite)).toBe(true)
  })

  test('a run is resumed with its own options only', async () => {
    const store = new MemoryRunStore()
    const options = { ...base, backend: createInterpreter(), epochs: 1, store }
    await train(tinyNetwork(), data, options)
    await expect(train(tinyNetwork(), data, { ...options, batch: 9, resume: true })).rejects.toThrow(
      /another batch[\s\S]*8[\s\S]*9/,
    )
  })

  test('what does not fit is refused before anything is computed', () => {
    const options = { ...base, backend: createInterpreter() }
    const start = (more: object) => () => new Trainer(tinyNetwork(), data, { ...options, ...more })
    expect(start({ epochs: 0 })).toThrow(/epochs out of range/)
    expect(start({ clip: 0 })).toThrow(/clip/)
    expect(start({ memoryBudget: 20_000, batch: 16 })).toThrow(/needs more memory[\s\S]*a batch of \d+ fits/)
    const other = { ...data, train: { ...data.train, shape: [5, 5, 1] as const } }
    expect(() => new Trainer(tinyNetwork(), other, options)).toThrow(/other images[\s\S]*\[6, 6, 1\][\s\S]*\[5, 5, 1\]/)
    const fewer = { ...data, train: { ...data.train, classes: ['one'] } }
    expect(() => new Trainer(tinyNetwork(), fewer, options)).toThrow(/number of classes/)
  })

  test('hooks see the run, and accumulation over BatchNorm is said aloud', async () => {
    const seen: string[] = []
    const lines: string[] = []
    await train(tinyNetwork(), data, {
      ...base,
      backend: createInterpreter(),
      epochs: 1,
      accumulate: 2,
      log: (line) => lines.push(line),
      hooks: [
        { onStart: ({ updatesPerEpoch }) => void seen.push(`start ${updatesPerEpoch}`) },
        {
          onUpdate: ({ update, position }) => void seen.push(`update ${update} ${position}`),
          onEpoch: ({ epoch }) => void seen.push(`epoch ${epoch}`),
          onEnd: ({ stopped }) => void seen.push(`end ${stopped}`),
        },
      ],
    })
    expect(seen).toEqual(['start 2', 'update 1 1', 'update 2 2', 'epoch 1', 'end false'])
    expect(lines.join('\n')).toMatch(/BatchNorm sees each batch of 8 on its own/)
  })
})
