import { describe, expect, it } from 'vitest'
import { recordedSchema } from '../run-settings.ts'
import type { FromChild, Job } from './job.ts'
import { inProcesses, type StartProcess, type StopRequest } from './pool.ts'

const jobs: Job[] = ['a', 'b', 'c', 'd'].map((label) => ({
  type: 'train',
  label,
  folder: label,
  dataset: 'fashion-mnist',
  options: recordedSchema.parse({}),
}))

function stopRequest() {
  let wishes = 0
  let listener: (atOnce: boolean) => void = () => {}
  const stop: StopRequest = {
    get aborted() {
      return wishes > 0
    },
    listen(one) {
      listener = one
      return () => {}
    },
  }
  return { stop, wish: () => listener(++wishes > 1) }
}

/** Processes that end when the test says so. */
function processes(answer: (label: string) => FromChild | undefined) {
  const running = new Map<string, (end: FromChild) => void>()
  let most = 0
  const asked: string[] = []
  const start: StartProcess = ({ label }, tell) => {
    const ended = new Promise<FromChild>((resolve) => running.set(label, resolve))
    most = Math.max(most, running.size)
    tell({ type: 'progress', share: 0.5 })
    const end = answer(label)
    if (end) queueMicrotask(() => finish(label, end))
    return {
      ended,
      stop() {
        asked.push(`stop ${label}`)
        finish(label, { type: 'stopped' })
      },
      kill() {
        asked.push(`kill ${label}`)
        finish(label, { type: 'failed', message: 'killed' })
      },
    }
  }
  const finish = (label: string, end: FromChild) => {
    running.get(label)?.(end)
    running.delete(label)
  }
  return { start, asked, most: () => most }
}

const clock = () => 0

describe('jobs', () => {
  it('run so many at once, and one that fails does not stop the rest', async () => {
    const { start, most } = processes((label) => (label === 'b' ? { type: 'failed', message: 'no' } : { type: 'done' }))
    const shares: number[] = []
    const { stop } = stopRequest()
    const options = { stop, clock, onProgress: (i: number) => void shares.push(i) }
    const ends = await inProcesses(2, start)(jobs, options)
    expect(ends.map((end) => end?.status)).toEqual(['done', 'failed', 'done', 'done'])
    expect(ends[1]).toMatchObject({ message: 'no' })
    expect([most(), shares.sort()]).toEqual([2, [0, 1, 2, 3]])
  })

  it('are asked to stop, and none is started after', async () => {
    const { start, asked } = processes((label) => (label === 'a' ? { type: 'done' } : undefined))
    const { stop, wish } = stopRequest()
    const ended: string[] = []
    const running = inProcesses(2, start)(jobs, {
      stop,
      clock,
      onEnd: (i, { status }) => void ended.push(`${jobs[i].label} ${status}`),
    })
    await new Promise((resolve) => setTimeout(resolve, 5))
    wish()
    const ends = await running
    expect(ends.map((end) => end?.status)).toEqual(['done', 'stopped', 'stopped', undefined])
    expect(asked).toEqual(['stop b', 'stop c'])
    expect(ended).toEqual(['a done', 'b stopped', 'c stopped'])
  })
})
