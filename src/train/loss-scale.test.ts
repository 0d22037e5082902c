import { describe, expect, test } from 'vitest'
import { type Backend, createInterpreter } from '../backends/index.ts'
import { loadCheckpoint } from './checkpoint.ts'
import { firstLossScale, type LossScale, nextLossScale } from './loss-scale.ts'
import { adamW } from './optimiser.ts'
import { MemoryRunStore } from './run-store.ts'
import { tickingHost, tinyDatasets, tinyNetwork, valuesOf } from './testing/tiny.ts'
import { train } from './train.ts'

const info = { name: 'some', threads: 1, features: [] }

test('only backends that store gradients as float16 have a scale', () => {
  expect(firstLossScale(info)).toBe(undefined)
  expect(firstLossScale({ ...info, float16Images: true })).toEqual({ scale: 65536, steady: 0 })
})

test('it is halved by each overflow, and doubled after 2000 updates without one', () => {
  let scale: LossScale = { scale: 65536, steady: 1500 }
  scale = nextLossScale(scale, false) as LossScale
  expect(scale).toEqual({ scale: 32768, steady: 0 })
  for (let update = 0; update < 1999; update++) scale = nextLossScale(scale, true) as LossScale
  expect(scale).toEqual({ scale: 32768, steady: 1999 })
  expect(nextLossScale(scale, true)).toEqual({ scale: 65536, steady: 0 })
})

test('an overflow without scaling is none of float16', () => {
  expect(nextLossScale({ scale: 2, steady: 0 }, false)).toEqual({ scale: 1, steady: 0 })
  expect(nextLossScale({ scale: 1, steady: 0 }, false)).toBe(null)
})

describe('a run whose gradients are float16', () => {
  /** As if gradients overflowed above a scale: in float64 scaling by powers of two changes no bit. */
  function overflowingAbove(most: number): Backend {
    const backend = createInterpreter()
    return {
      ...backend,
      info: { ...backend.info, float16Images: true },
      scale: (target, factor) => backend.scale(target, factor > most ? Number.POSITIVE_INFINITY : factor),
    }
  }
  const data = tinyDatasets()
  const optimiser = adamW({ learningRate: 0.01 })
  const base = { host: tickingHost(), T: 3, epochs: 3, batch: 8, seed: 5, validation: 'none', optimiser } as const

  test('has the bits of one without a scale, where nothing overflows', async () => {
    const [plain, scaled] = [tinyNetwork(), tinyNetwork()]
    await train(plain, data, { ...base, backend: createInterpreter() })
    await train(scaled, data, { ...base, backend: overflowingAbove(2 ** 30) })
    expect(await valuesOf(scaled)).toEqual(await valuesOf(plain))
  })

  test('leaves out updates that overflow, lowers the scale, says so, and resumes with the same bits', async () => {
    const store = new MemoryRunStore()
    const lines: string[] = []
    const whole = tinyNetwork()
    const updates: number[] = []
    const result = await train(whole, data, {
      ...base,
      backend: overflowingAbove(2 ** 14),
      log: (line) => lines.push(line),
      hooks: { onUpdate: ({ update }) => void updates.push(update) },
    })
    expect(lines.filter((line) => line.includes('left out'))).toEqual([
      'update 1 was left out: its gradients overflow float16; gradients are scaled by 32768 from here on',
      'update 1 was left out: its gradients overflow float16; gradients are scaled by 16384 from here on',
    ])
    expect(updates).toEqual(updates.map((_, i) => i + 1))
    expect(updates.length).toBe(3 * 4 - 2)
    expect(result.epochs.length).toBe(3)

    const stopping = {
      onUpdate: ({ update }: { update: number }, run: { stop(): void }) => void (update === 3 && run.stop()),
    }
    await train(tinyNetwork(), data, { ...base, backend: overflowingAbove(2 ** 14), store, hooks: stopping })
    const { progress } = loadCheckpoint((await store.readCheckpoint('last'))!)
    expect(progress).toMatchObject({ update: 3, lossScale: { scale: 16384, steady: 3 } })
    const resumed = tinyNetwork({ seed: 99 })
    await train(resumed, data, { ...base, backend: overflowingAbove(2 ** 14), store, resume: true })
    expect(await valuesOf(resumed)).toEqual(await valuesOf(whole))
  })

  test('ends where gradients are not finite even without a scale', async () => {
    const backend = overflowingAbove(2 ** 30)
    const broken: Backend = { ...backend, clipNorm: () => backend.tensor([1], [Number.POSITIVE_INFINITY]) }
    const run = train(tinyNetwork(), data, { ...base, epochs: 6, backend: broken })
    await expect(run).rejects.toThrow(/a gradient is not finite[\s\S]*update 1/)
  })
})
