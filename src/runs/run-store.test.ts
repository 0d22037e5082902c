import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FormatError, ResourceError, UsageError } from '../base/index.ts'
import { openNodeRunStore } from './run-store.ts'
import { restartRecord, scalarsRecord, versionRecord } from './tensorboard.ts'

let parent: string
let folder: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'spikelet-'))
  folder = join(parent, 'run')
})
afterEach(() => rmSync(parent, { recursive: true }))

const open = (mode: 'new' | 'resume') => openNodeRunStore(folder, { mode, clock: () => 1000.5 })
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

describe('run folder', () => {
  test('has the files it should have, and no temporary ones', async () => {
    const store = await open('new')
    await store.writeConfig({ seed: 1 })
    await store.append('steps', { step: 0, loss: 2 })
    await store.append('epochs', { epoch: 0 })
    await store.writeMetrics([{ epoch: 0, loss: 2 }])
    await store.scalars(0, { loss: 2 })
    await store.writeCheckpoint('last', Uint8Array.of(1))
    await store.close()
    expect(readdirSync(folder, { recursive: true }).sort()).toEqual([
      'checkpoints',
      'checkpoints/last.safetensors',
      'config.json',
      'epochs.jsonl',
      'events.out.tfevents.1000.spikelet.000',
      'metrics.csv',
      'steps.jsonl',
    ])
    expect(read('config.json')).toBe('{\n  "seed": 1\n}\n')
    expect(read('steps.jsonl')).toBe('{"step":0,"loss":2}\n')
    expect(read('metrics.csv')).toBe('epoch,loss\n0,2\n')
  })

  test('a new run never overwrites an old one, and only a run can be resumed', async () => {
    await expect(open('resume')).rejects.toThrow(/no run in this folder/)
    const store = await open('new')
    await store.writeConfig({ seed: 1 })
    await store.close()
    await expect(open('new')).rejects.toThrow(UsageError)
    expect(await (await open('resume')).readConfig()).toEqual({ seed: 1 })
  })

  test('while a run is under way nobody else opens it', async () => {
    const store = await open('new')
    await expect(open('new')).rejects.toThrow(/another process works on this run/)
    await store.writeConfig({ seed: 1 })
    await expect(open('resume')).rejects.toThrow(`process ${process.pid}`)
    await store.close()
    await (await open('resume')).close()
  })

  test('a line torn by a kill is cut off on resume, and writing goes on', async () => {
    const store = await open('new')
    await store.writeConfig({})
    await store.append('steps', { step: 0 })
    await store.append('steps', { step: 1 })
    await store.close()
    appendFileSync(join(folder, 'steps.jsonl'), '{"step":2,"lo')
    appendFileSync(join(folder, 'epochs.jsonl'), '{"ep')
    const resumed = await open('resume')
    expect(await resumed.lines('epochs')).toEqual([])
    await resumed.append('steps', { step: 2 })
    expect(read('steps.jsonl')).toBe('{"step":0}\n{"step":1}\n{"step":2}\n')
  })

  test('a temporary file left behind is neither read nor in the way', async () => {
    const store = await open('new')
    await store.writeConfig({ seed: 1 })
    await store.writeCheckpoint('last', Uint8Array.of(1))
    await store.close()
    const stale = join(folder, 'checkpoints', 'last.safetensors.0123456789ab.tmp')
    writeFileSync(stale, 'half a checkpoint')
    writeFileSync(join(folder, 'config.json.ba9876543210.tmp'), '{"se')
    const resumed = await open('resume')
    expect(existsSync(stale)).toBe(false)
    expect([...(await resumed.readCheckpoint('last'))!]).toEqual([1])
    expect(await resumed.readConfig()).toEqual({ seed: 1 })
    await resumed.writeCheckpoint('last', Uint8Array.of(2))
    expect([...(await resumed.readCheckpoint('last'))!]).toEqual([2])
  })

  test('a write that fails says so, leaves the old bytes, and does not stop the next', async () => {
    const store = await open('new')
    await store.writeConfig({ seed: 1 })
    rmSync(join(folder, 'checkpoints'), { recursive: true })
    await expect(store.writeCheckpoint('last', Uint8Array.of(1))).rejects.toThrow(ResourceError)
    await expect(store.writeCheckpoint('last', Uint8Array.of(1))).rejects.toThrow(/last\.safetensors[\s\S]*ENOENT/)
    expect(await store.readConfig()).toEqual({ seed: 1 })
    await store.append('steps', { step: 0 })
    expect(await store.lines('steps')).toEqual([{ step: 0 }])
  })

  test('a damaged line in the middle is named', async () => {
    const store = await open('new')
    writeFileSync(join(folder, 'steps.jsonl'), '{"step":0}\nnonsense\n{"step":2}\n')
    await expect(store.lines('steps')).rejects.toThrow(FormatError)
    await expect(store.lines('steps')).rejects.toThrow(/steps\.jsonl, line 2/)
  })

  test('each session has an event file of its own; a resumed one outdates what it repeats', async () => {
    const first = await open('new')
    await first.writeConfig({})
    await first.scalars(0, { loss: 2 })
    await first.scalars(1, { loss: 1 })
    await first.close()
    const second = await open('resume')
    await second.scalars(1, { loss: 1 })
    const bytes = (session: string) => readFileSync(join(folder, `events.out.tfevents.1000.spikelet.${session}`))
    const scalars = (step: number, loss: number) => scalarsRecord(1000.5, step, { loss })
    expect(bytes('000')).toEqual(Buffer.concat([versionRecord(1000.5), scalars(0, 2), scalars(1, 1)]))
    expect(bytes('001')).toEqual(Buffer.concat([versionRecord(1000.5), restartRecord(1000.5, 1), scalars(1, 1)]))
  })
})
