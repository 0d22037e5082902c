import { expect, it } from 'vitest'
import { testSurroundings } from '../../test/cli/surroundings.ts'
import { stoppable } from './interruption.ts'
import { createProgress } from './progress.ts'

it('tells the work to stop, says so once, and listens no longer', async () => {
  const { surroundings, errors, interrupt } = testSurroundings()
  let seen: { aborted: boolean }[] = []
  const result = await stoppable(surroundings, createProgress(surroundings), async (stop) => {
    seen = [{ ...stop }]
    interrupt()
    interrupt()
    return stop.aborted
  })
  expect([result, seen[0].aborted]).toEqual([true, false])
  expect(errors().match(/stopping after this update/g)).toHaveLength(1)
  interrupt()
  expect(errors().match(/stopping/g)).toHaveLength(1)
})

it('ends at once at a second Ctrl-C, but not at the echo of the first', async () => {
  let seconds = 0
  const { surroundings, interrupt, exits } = testSurroundings({ clock: () => seconds })
  await stoppable(surroundings, createProgress(surroundings), async () => {
    interrupt()
    interrupt()
    expect(exits).toEqual([])
    seconds = 1
    interrupt()
    expect(exits).toEqual([130])
  })
})

it('listens no longer when the work fails', async () => {
  const { surroundings, errors, interrupt } = testSurroundings()
  const failing = stoppable(surroundings, createProgress(surroundings), () => Promise.reject(new Error('no')))
  await expect(failing).rejects.toThrow('no')
  interrupt()
  expect(errors()).toBe('')
})
