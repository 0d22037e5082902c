import { expect, test } from 'vitest'
import { FormatError } from './errors.ts'
import { Json } from './json.ts'

const json = Json.whole({ a: [1, { b: 'x' }], n: null, big: 1e300, flag: true }, 'file, network')

test('what fits is handed over, with its place', () => {
  const inner = json.at('a').list()[1].at('b')
  expect([inner.text(), inner.place]).toEqual(['x', 'file, network.a[1].b'])
  expect([json.at('flag').flag(), json.at('a').list()[0].whole(1), json.at('none').isGiven]).toEqual([true, 1, false])
  expect(json.at('none').optional((value) => value.number())).toBeUndefined()
  expect(inner.oneOf('y', 'x')).toBe('x')
})

test.each([
  [() => json.at('n').object(), /network\.n[\s\S]*expected an object[\s\S]*got {6}null/],
  [() => json.at('a').at('b'), /network\.a\n[\s\S]*an object[\s\S]*a list of 2/],
  [() => json.at('none').text(), /a text[\s\S]*nothing/],
  [() => json.at('big').whole(0), /a whole number from 0[\s\S]*1e\+300/],
  [() => json.at('flag').oneOf('a', 'b'), /"a", "b"[\s\S]*true/],
  [() => json.only('a', 'n', 'bigs', 'flag'), /no such entry, 'big'[\s\S]*Did you mean 'bigs'/],
  [() => json.at('toString').list(), /a list[\s\S]*nothing/],
  [() => json.at('a').flag(), /true or false/],
  [() => Json.whole(JSON.parse('['.repeat(8000) + ']'.repeat(8000)), 'x'), /nested too deeply/],
])('what does not fit is told: %#', (attempt, message) => {
  expect(attempt).toThrow(FormatError)
  expect(attempt).toThrow(message)
})
