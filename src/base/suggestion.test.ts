import { expect, test } from 'vitest'
import { suggestion } from './suggestion.ts'

test('the name that was meant, and those that are known', () => {
  expect(suggestion('clfi', ['clif', 'lif'])).toBe("Did you mean 'clif'?")
  expect(suggestion('clfi', ['clif', 'lif'], { list: true })).toBe("Did you mean 'clif'? Known: clif, lif.")
  expect(suggestion('transformer', ['clif'], { list: true })).toBe('Known: clif.')
  expect(suggestion('transformer', ['clif'])).toBe(undefined)
  expect(suggestion('x', [], { list: true })).toBe(undefined)
})
