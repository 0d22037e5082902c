import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const source = join(import.meta.dirname, '../src')

/** The texts of errors that say what to do next, as they stand in the source. */
function nextSteps(text: string): string[] {
  return [...text.matchAll(/\bnext: *(['"`])(.*?)\1/g)].map(([, , step]) => step)
}

test('what an error says to do next is a sentence', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.endsWith('test.ts'),
  )
  const found = files.flatMap((path) =>
    nextSteps(readFileSync(join(source, path), 'utf8')).map((step) => ({ path, step })),
  )
  expect(found.length).toBeGreaterThan(150)
  expect(found.filter(({ step }) => /^[a-z]/.test(step))).toEqual([])
})

test('one that is none is found', () => {
  expect(nextSteps("throw new UsageError({ what: 'no', next: 'try again' })")).toEqual(['try again'])
})
