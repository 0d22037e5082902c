import { beforeAll, expect, it } from 'vitest'

interface Summary {
  lines: string[]
  last: string
  failed: number
}

let summaryOf: (results: unknown, code: number | null) => Summary

beforeAll(async () => {
  summaryOf = (await import(new URL('../../scripts/test-summary.mjs', import.meta.url).href)).summaryOf
})

const test = (status: string, failureMessages: string[] = []) => ({
  status,
  fullName: `a ${status} test`,
  failureMessages,
})
const file = (status: string, assertionResults: unknown[], message = '') => ({
  name: 'a.test.ts',
  status,
  assertionResults,
  message,
})

it('counts what passed and was skipped', () => {
  const results = { testResults: [file('passed', [test('passed'), test('passed'), test('pending'), test('todo')])] }
  expect(summaryOf(results, 0)).toEqual({ lines: [], last: '2 passed, 0 failed, 2 skipped', failed: 0 })
})

it('prints every failure', () => {
  const results = { testResults: [file('failed', [test('passed'), test('failed', ['expected 1 to be 2'])])] }
  const { lines, last } = summaryOf(results, 1)
  expect(last).toBe('1 passed, 1 failed')
  expect(lines.join('\n')).toContain('a failed test\n    expected 1 to be 2')
})

it('counts a file that could not be loaded as a failure', () => {
  const results = { testResults: [file('passed', [test('passed')]), file('failed', [], 'no such module')] }
  const { lines, last } = summaryOf(results, 1)
  expect(last).toBe('1 passed, 1 failed')
  expect(lines.join('\n')).toContain('no such module')
})

it.each([
  ['no results', undefined, 1],
  ['results without a test', { testResults: [] }, 0],
  ['an error between tests', { testResults: [file('passed', [test('passed')])] }, 1],
  ['a run that was killed', { testResults: [file('passed', [test('passed')])] }, null],
])('never calls %s a success', (_, results, code) => {
  expect(summaryOf(results, code).failed).toBe(1)
})
