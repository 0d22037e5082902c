import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { openNodeRunStore } from '../runs/run-store.ts'
import { MemoryRunStore, type RunStore } from './run-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'spikelet-'))
afterAll(() => rmSync(folder, { recursive: true }))

let runs = 0
const stores: [string, () => Promise<RunStore>][] = [
  ['memory', async () => new MemoryRunStore()],
  ['folder', () => openNodeRunStore(join(folder, `run-${runs++}`), { mode: 'new', clock: () => 1000 })],
]

describe.each(stores)('run store: %s', (_, open) => {
  test('begins empty', async () => {
    const store = await open()
    expect(await store.readConfig()).toBeUndefined()
    expect(await store.lines('steps')).toEqual([])
    expect(await store.readCheckpoint('last')).toBeUndefined()
  })

  test('gives back what it got', async () => {
    const store = await open()
    await store.writeConfig({ seed: 1, neuron: { name: 'clif' } })
    await store.writeConfig({ seed: 2, neuron: { name: 'clif' } })
    expect(await store.readConfig()).toEqual({ seed: 2, neuron: { name: 'clif' } })
    const bytes = Uint8Array.of(1, 2, 3)
    await store.writeCheckpoint('last', bytes)
    await store.writeCheckpoint('best', Uint8Array.of(9))
    bytes.fill(0)
    expect([...(await store.readCheckpoint('last'))!]).toEqual([1, 2, 3])
    expect([...(await store.readCheckpoint('best'))!]).toEqual([9])
  })

  test('keeps lines in the order of the calls, even if nobody waits between them', async () => {
    const store = await open()
    for (let step = 0; step < 50; step++) void store.append('steps', { step, loss: step / 3 })
    await store.append('epochs', { epoch: 0, loss: Number.NaN, gap: Number.NEGATIVE_INFINITY })
    const steps = await store.lines('steps')
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 50 }, (_, i) => i))
    expect(steps[7].loss).toBe(7 / 3)
    expect(await store.lines('epochs')).toEqual([{ epoch: 0, loss: 'NaN', gap: '-Infinity' }])
  })

  test('drops lines that will be written again', async () => {
    const store = await open()
    for (let step = 0; step < 5; step++) await store.append('steps', { step })
    await store.keepLines('steps', ({ step }) => (step as number) < 3)
    await store.append('steps', { step: 3 })
    expect((await store.lines('steps')).map(({ step }) => step)).toEqual([0, 1, 2, 3])
  })

  test('takes metrics and scalars, and closes', async () => {
    const store = await open()
    await store.writeMetrics([{ epoch: 0, loss: 1 }])
    await store.scalars(1, { 'train/loss': 0.5 })
    await store.close()
  })
})
