import { describe, expect, it } from 'vitest'
import { testSurroundings } from '../../test/cli/surroundings.ts'
import type { ProgressState } from '../runs/progress.ts'
import { barText, createProgress, durationText, rateText } from './progress.ts'

const state: ProgressState = {
  label: 'clif epoch 2/5',
  done: 30,
  total: 60,
  loss: 0.51234,
  accuracy: 0.876,
  imagesPerSecond: 412.3,
  secondsLeft: 125,
}

function withClock(interactive: boolean, env = {}) {
  let now = 100
  const own = testSurroundings({ terminal: { interactive, columns: () => 100 }, clock: () => now, env })
  return { ...own, progress: createProgress(own.surroundings), wait: (seconds: number) => (now += seconds) }
}

describe('a bar', () => {
  it('shows how far it is, and how it goes', () => {
    const text = barText(state, 120, false)
    expect(text).toBe(
      `clif epoch 2/5  ${'━'.repeat(15)}${'─'.repeat(15)}  loss 0.512  87.6 %  412 images/s  2 min 05 s left`,
    )
  })

  it.each([10, 20, 40, 60, 80, 200])('fits %i columns', (columns) => {
    expect(barText(state, columns, false).length).toBeLessThanOrEqual(columns)
  })

  it('stays whole when more is done than foreseen, or nothing is to do', () => {
    expect(barText({ label: 'a', done: 9, total: 3 }, 40, false)).toBe(`a  ${'━'.repeat(30)}`)
    expect(barText({ label: 'a', done: 0, total: 0 }, 40, false)).toBe(`a  ${'─'.repeat(30)}`)
  })
})

describe('on a terminal', () => {
  it('redraws in place, at most ten times a second, and the last state always', () => {
    const { progress, errors, wait } = withClock(true)
    progress.update(state)
    progress.update(state)
    wait(0.05)
    progress.update(state)
    expect(errors().split('\r').length - 1).toBe(1)
    wait(0.06)
    progress.update(state)
    progress.update({ ...state, done: 60 })
    expect(errors().split('\r').length - 1).toBe(3)
    expect(errors()).not.toContain('\n')
  })

  it('puts lines above the bar and draws it again', () => {
    const { progress, errors } = withClock(true, { NO_COLOR: '1' })
    progress.update(state)
    progress.line('epoch 1 done')
    expect(errors()).toMatch(/epoch 1 done\nclif epoch 2\/5 {2}━+─+/)
    progress.clear()
    expect(errors().endsWith('\r\u001b[2K')).toBe(true)
  })

  it('colours, unless NO_COLOR says no', () => {
    const [coloured, plain] = [withClock(true), withClock(true, { NO_COLOR: '1' })]
    for (const { progress } of [coloured, plain]) progress.update(state)
    expect(coloured.errors()).toContain('\u001b[32m')
    expect(plain.errors()).not.toContain('\u001b[3')
  })
})

it('writes plain lines every few seconds where nobody watches', () => {
  const { progress, errors, wait } = withClock(false)
  progress.update(state)
  wait(5.1)
  progress.update(state)
  progress.update(state)
  expect(errors()).toBe('clif epoch 2/5  50 %  loss 0.512  87.6 %  412 images/s  2 min 05 s left\n')
})

it.each([
  [0, '0 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [3599, '59 min 59 s'],
  [7620, '2 h 07 min'],
])('%f seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text)
})

it('rates keep three digits', () => {
  expect([rateText(4.128), rateText(41.28), rateText(412.8)]).toEqual(['4.13', '41.3', '413'])
})
