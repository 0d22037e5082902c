import { describe, expect, test } from 'vitest'
import { createInterpreter } from '../backends/index.ts'
import { defineNeuron } from '../equations/index.ts'
import { clif, leakyReadout, lif, maskedPsn, plif } from '../neurons/index.ts'
import { checkpointProgress, loadCheckpoint } from './checkpoint.ts'
import type { EpochRecord } from './progress.ts'
import { MemoryRunStore } from './run-store.ts'
import type { TrainOptions } from './settings.ts'
import { tickingHost, tinyDatasets, tinyNetwork, valuesOf } from './testing/tiny.ts'
import { train } from './train.ts'

const data = tinyDatasets()

function options(more: Partial<TrainOptions>): TrainOptions {
  return { backend: createInterpreter(), host: tickingHost(), T: 3, epochs: 4, batch: 8, seed: 5, ...more }
}

const losses = (epochs: readonly EpochRecord[]) => epochs.map(({ trainLoss }) => trainLoss)

describe('an exchange of neurons', () => {
  test('changes nothing before its epoch, everything after, and is told', async () => {
    const lines: string[] = []
    const network = tinyNetwork()
    const plain = await train(tinyNetwork(), data, options({}))
    const swapped = await train(
      network,
      data,
      options({ exchange: [{ epoch: 3, neuron: clif() }], log: (line) => lines.push(line) }),
    )
    expect(losses(swapped.epochs).slice(0, 2)).toEqual(losses(plain.epochs).slice(0, 2))
    expect(losses(swapped.epochs)[2]).not.toBe(losses(plain.epochs)[2])
    expect(lines).toContain('epoch 3: lif exchanged for clif')
    expect(swapped.config.exchange).toEqual([{ epoch: 3, neuron: clif().config }])
  })

  test('for the same neuron it changes no bit: weights and the optimiser’s memory go on', async () => {
    const [a, b] = [tinyNetwork(), tinyNetwork()]
    await train(a, data, options({ validation: 'none' }))
    await train(b, data, options({ validation: 'none', exchange: [{ epoch: 2, neuron: lif() }] }))
    expect(await valuesOf(b)).toEqual(await valuesOf(a))
  })

  test('several in a row; learnable parameters come and go, and are trained', async () => {
    const network = tinyNetwork()
    const exchange = [
      { epoch: 2, neuron: plif() },
      { epoch: 4, neuron: clif() },
    ]
    const store = new MemoryRunStore()
    const seen: string[][] = []
    const onEpoch = () => void seen.push(network.parameters().map(({ path }) => path.replace(/^.*\./, '')))
    await train(network, data, options({ exchange, store, validation: 'none', hooks: { onEpoch } }))
    expect(seen.map((names) => names.includes('w'))).toEqual([false, true, true, false])
    expect(network.neuron?.name).toBe('clif')
  })

  test('interrupted before or after it, the run ends with the same bits', async () => {
    const exchange = [{ epoch: 2, neuron: plif() }]
    const whole = tinyNetwork()
    const uninterrupted = await train(whole, data, options({ exchange, validation: 'none' }))
    for (const after of [3, 4, 6]) {
      const store = new MemoryRunStore()
      const stop = { aborted: false }
      const onUpdate = ({ update }: { update: number }) => {
        stop.aborted = update === after
      }
      const first = await train(
        tinyNetwork(),
        data,
        options({ exchange, validation: 'none', store, stop, hooks: { onUpdate } }),
      )
      expect(first.stopped).toBe(true)
      const saved = (await store.readCheckpoint('last')) as Uint8Array
      expect(checkpointProgress(saved).exchanged ?? 0).toBe(after > 4 ? 1 : 0)
      const resumed = tinyNetwork()
      const second = await train(resumed, data, options({ exchange, validation: 'none', store, resume: true }))
      expect(losses(second.epochs)).toEqual(losses(uninterrupted.epochs))
      expect(await valuesOf(resumed)).toEqual(await valuesOf(whole))
      const other = options({ exchange: [{ epoch: 2, neuron: clif() }], validation: 'none', store, resume: true })
      await expect(train(tinyNetwork(), data, other)).rejects.toThrow()
    }
  })

  test('where the best epoch lies before it, the network is judged with the neurons it had', async () => {
    const deaf = defineNeuron({ name: 'deaf', learnable: { a: 9 }, equations: 's = spike(0 * x - a)' })
    const network = tinyNetwork()
    const store = new MemoryRunStore()
    const result = await train(
      network,
      data,
      options({ epochs: 6, exchange: [{ epoch: 6, neuron: deaf() }], validation: 0.2, store }),
    )
    expect(result.final?.bestEpoch).toBeLessThan(6)
    expect(network.neuron?.name).toBe('lif')
    expect(result.firingRates[0].rate).toBeGreaterThan(0)
    const best = loadCheckpoint((await store.readCheckpoint('best')) as Uint8Array)
    expect(best.net.neuron?.name).toBe('lif')
    const last = loadCheckpoint((await store.readCheckpoint('last')) as Uint8Array)
    expect(last.net.neuron?.name).toBe('deaf')
  })

  test.each([
    [[{ epoch: 9, neuron: clif() }], 'from 1 to 4'],
    [
      [
        { epoch: 3, neuron: clif() },
        { epoch: 2, neuron: lif() },
      ],
      'rising',
    ],
    [[{ epoch: 2, neuron: leakyReadout() }], 'one gives spikes, the other numbers'],
    [[{ epoch: 2, neuron: maskedPsn() }], 'mix time'],
  ])('refuses what cannot be done: %#', async (exchange, message) => {
    await expect(async () => train(tinyNetwork(), data, options({ exchange }))).rejects.toThrow(message)
  })
})

describe('truncated backpropagation in training', () => {
  test('at k = T it is no other run; below, it is, and it is told with its cost', async () => {
    const lines: string[] = []
    const log = (line: string) => lines.push(line)
    const runs = await Promise.all(
      [null, 3, { k: 3, kind: 'prefix' } as const, 1, { k: 2, kind: 'prefix' } as const].map(async (bptt) =>
        losses((await train(tinyNetwork(), data, options({ bptt, log, epochs: 2 }))).epochs),
      ),
    )
    expect(runs[1]).toEqual(runs[0])
    expect(runs[2]).toEqual(runs[0])
    expect(new Set(runs.map((run) => run[1])).size).toBe(3)
    expect(lines.join('\n')).toContain('window of 1: each step hears of itself and at most 0 after it')
    expect(lines.join('\n')).toContain('takes 3 steps instead of 3')
  })

  test('is part of the record, and a resumed run must keep it', async () => {
    const store = new MemoryRunStore()
    await train(tinyNetwork(), data, options({ bptt: 2, epochs: 1, store }))
    expect(await store.readConfig()).toMatchObject({ bptt: { k: 2, kind: 'window' } })
    const without = train(tinyNetwork(), data, options({ epochs: 1, store, resume: true }))
    await expect(without).rejects.toThrow('another bptt')
    await expect(async () => train(tinyNetwork(), data, options({ bptt: 0 }))).rejects.toThrow('k out of range')
  })
})
