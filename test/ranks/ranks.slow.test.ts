import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../../src/backends/index.ts'
import { Random } from '../../src/base/index.ts'
import { clif } from '../../src/index.ts'
import { tetLoss } from '../../src/losses/index.ts'
import { modelNamed } from '../../src/models/index.ts'
import { type Evaluation, forwardBackward } from '../../src/train/index.ts'

interface Found {
  readonly losses: readonly number[]
  readonly accuracies: readonly number[]
  readonly parameters: { readonly [path: string]: readonly number[] }
  readonly test: Evaluation
  readonly stopped: boolean
  readonly config: string
  readonly error?: string
}

const shape = [4, 4, 2]
const values = 32
const classes = ['a', 'b', 'c']

function samples(count: number, seed: number) {
  const random = new Random(seed)
  const x = Array.from({ length: count * values }, () => 2 * random.uniform() - 0.7)
  return { x, y: Array.from({ length: count }, (_, i) => i % 3) }
}

const data = { train: samples(21, 1), test: samples(7, 2), shape, classes }

const hidden = [12, 8]

const usual = {
  hidden,
  model: 'dense',
  backend: 'interpreter',
  data,
  sgd: { learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4 },
  options: { T: 2, epochs: 2, batch: 8, validation: 'none', seed: 3, recordEvery: 1, syncBatchNorm: true },
}

/** Trains on so many ranks, each a thread; gives what each found. */
function onRanks(size: number, job: object): Promise<Found[]> {
  const shared = new SharedArrayBuffer(64 + size * 2 ** 25)
  const file = new URL('./thread-ranks.mjs', import.meta.url)
  return Promise.all(
    Array.from({ length: size }, (_, rank) => {
      const worker = new Worker(file, { workerData: { rank, size, shared, job: { ...usual, ...job } }, execArgv: [] })
      return new Promise<Found>((resolve, reject) => {
        worker.once('message', (found: Found) => resolve(found))
        worker.once('error', reject)
      })
    }),
  )
}

function farthest(a: Found['parameters'], b: Found['parameters']): number {
  const differences = Object.entries(a).flatMap(([path, values]) => values.map((v, i) => Math.abs(v - b[path][i])))
  return Math.max(...differences)
}

const built = existsSync(new URL('../../dist/node.js', import.meta.url))

describe.skipIf(!built)('training over ranks (needs the build)', () => {
  test.each([2, 3])('on %i ranks with shared statistics is training in one process, in float64', async (size) => {
    const [[alone], several] = await Promise.all([onRanks(1, {}), onRanks(size, {})])
    for (const rank of several) {
      expect(rank.losses).toHaveLength(alone.losses.length)
      for (const [i, loss] of rank.losses.entries()) expect(Math.abs(loss - alone.losses[i])).toBeLessThan(1e-9)
      expect(rank.accuracies).toEqual(alone.accuracies)
      expect(farthest(rank.parameters, alone.parameters)).toBeLessThan(1e-9)
      expect(rank.test.confusion).toEqual(alone.test.confusion)
      expect(rank.test.images).toBe(7)
      expect(rank.test.loss).toBeCloseTo(alone.test.loss, 9)
      for (const [i, { layer, rate }] of rank.test.firingRates.entries()) {
        expect(layer).toBe(alone.test.firingRates[i].layer)
        expect(rate).toBeCloseTo(alone.test.firingRates[i].rate, 12)
      }
    }
    expect(several[0].config).toContain(`"ranks":${size}`)
  })

  test('more ranks than samples of a batch: the others stand by, and nothing counts twice', async () => {
    const options = { ...usual.options, batch: 3, epochs: 1 }
    const [[alone], several] = await Promise.all([onRanks(1, { options }), onRanks(4, { options })])
    for (const rank of several) {
      for (const [i, loss] of rank.losses.entries()) expect(Math.abs(loss - alone.losses[i])).toBeLessThan(1e-9)
      expect(farthest(rank.parameters, alone.parameters)).toBeLessThan(1e-9)
      expect(rank.test.confusion).toEqual(alone.test.confusion)
    }
  })

  test('more ranks than samples on WebAssembly', async () => {
    const options = { ...usual.options, batch: 3, epochs: 1 }
    const job = { backend: 'wasm', options, stopAt: 1 }
    const [[alone], several] = await Promise.all([onRanks(1, { ...job, record: true }), onRanks(5, job)])
    for (const rank of several) expect(farthest(rank.parameters, alone.parameters)).toBeLessThan(1e-5)
  })

  test('on WebAssembly, until rounding moves a spike', async () => {
    const job = { backend: 'wasm', options: { ...usual.options, epochs: 1 } }
    const [[alone], [first, second]] = await Promise.all([onRanks(1, job), onRanks(2, job)])
    for (const [i, loss] of first.losses.entries()) expect(Math.abs(loss - alone.losses[i])).toBeLessThan(1e-5)
    expect(second.parameters).toEqual(first.parameters)
    const [again] = await onRanks(2, job)
    expect(again.parameters).toEqual(first.parameters)
  })

  test('a batch in groups, as one update', async () => {
    const options = { ...usual.options, accumulate: 2, batch: 4, epochs: 1 }
    const [[alone], [first]] = await Promise.all([onRanks(1, { options }), onRanks(2, { options })])
    expect(farthest(first.parameters, alone.parameters)).toBeLessThan(1e-9)
  })

  test('without shared statistics each part has its own, as computed by hand', async () => {
    const options = { ...usual.options, epochs: 1, batch: 10, syncBatchNorm: false, schedule: undefined }
    const job = { options, stopAt: 1, sgd: { learningRate: 0.05, momentum: 0, weightDecay: 0 } }
    const [first] = await onRanks(2, { ...job, record: true })
    expect(first.stopped).toBe(true)
    const byHand = await twoUpdatesByHand(10, 0.05)
    for (const [i, loss] of byHand.losses.entries()) expect(Math.abs(first.losses[i] - loss)).toBeLessThan(1e-9)
    expect(farthest(first.parameters, byHand.parameters)).toBeLessThan(1e-9)
  })

  test('one rank that is asked to stop stops all', async () => {
    const several = await onRanks(3, { stopAt: 2 })
    for (const { stopped, losses } of several) {
      expect(stopped).toBe(true)
      expect(losses).toHaveLength(3) // they tell each other with the next update
    }
  })

  test('a batch that leaves a rank a single image is refused, with what to do', async () => {
    const options = { ...usual.options, batch: 5, syncBatchNorm: false }
    const [{ error }] = await onRanks(3, { options })
    expect(error).toMatch(/batch of 5 is too small for 3 ranks[\s\S]*6 images or more[\s\S]*--sync-batchnorm/)
  })
})

/** The first two updates on two ranks: two networks, each on its half of a batch, whose gradients are averaged. */
async function twoUpdatesByHand(batch: number, learningRate: number) {
  const order = new Random(3).fork('shuffle').fork(0).permutation(21)
  const backends = [createInterpreter(), createInterpreter()]
  const networks = backends.map(() =>
    modelNamed('dense')({ input: shape, classes: 3, neuron: clif(), T: 2, seed: 1, hidden }),
  )
  await Promise.all(networks.map((network, r) => network.place(backends[r])))
  const losses: number[] = []
  for (let update = 0; update < 2; update++) {
    const chosen = [...order.slice(update * batch, (update + 1) * batch)]
    const passes = networks.map((network, r) => {
      const half = chosen.slice((r * batch) / 2, ((r + 1) * batch) / 2)
      const images = Float32Array.from(half.flatMap((i) => data.train.x.slice(i * values, (i + 1) * values)))
      const labels = Int32Array.from(half, (i) => data.train.y[i])
      return forwardBackward(network, { images, labels }, { backend: backends[r], T: 2, loss: tetLoss(), key: 0 })
    })
    const read = await Promise.all(passes.map((pass) => pass.read()))
    losses.push((read[0].loss + read[1].loss) / 2)
    const factor = 0.5 * (1 + Math.cos((Math.PI * update) / 2))
    for (const path of networks[0].parameters().map((p) => p.path)) {
      const gradients = await Promise.all(passes.map((pass, r) => backends[r].read(pass.gradients.get(path)!)))
      for (const [r, network] of networks.entries()) {
        const handle = network
          .parameters()
          .find((p) => p.path === path)!
          .on(backends[r]).handle
        const parameter = backends[r].inPlace!(handle)
        for (let i = 0; i < parameter.length; i++) {
          parameter[i] -= (learningRate * factor * (gradients[0][i] + gradients[1][i])) / 2
        }
      }
    }
    for (const path of networks[0].buffers().map((p) => p.path)) {
      const both = networks.map((network, r) =>
        backends[r].inPlace!(
          network
            .buffers()
            .find((p) => p.path === path)!
            .on(backends[r]).handle,
        ),
      )
      for (let i = 0; i < both[0].length; i++) both[0][i] = both[1][i] = (both[0][i] + both[1][i]) / 2
    }
  }
  await networks[0].pull()
  const everything = [...networks[0].parameters(), ...networks[0].buffers()]
  return { losses, parameters: Object.fromEntries(everything.map((p) => [p.path, [...p.values]])) }
}
