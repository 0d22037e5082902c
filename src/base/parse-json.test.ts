import { expect, it } from 'vitest'
import { FormatError } from './errors.ts'
import { parseJson } from './parse-json.ts'

it('reads JSON, brackets in texts too', () => {
  const value = { a: [1, '[[{"'.repeat(1000)], b: null }
  expect(parseJson(JSON.stringify(value), 'a.json')).toEqual(value)
})

it.each([
  ['{"a": ', /not JSON\n {2}a\.json/],
  [
    `${'['.repeat(8000)}${']'.repeat(8000)}`,
    /nests too deep\n {2}a\.json\n {2}expected at most 200.*\n {2}got {6}8000/,
  ],
  ['{"a":'.repeat(201), /nests too deep/],
])('refuses what it cannot read', (text, message) => {
  expect(() => parseJson(text, 'a.json')).toThrow(FormatError)
  expect(() => parseJson(text, 'a.json')).toThrow(message)
})

it('is quick with long texts', () => {
  const text = `{"a":"${'\\\\"'.repeat(300_000)}`
  expect(() => parseJson(text, 'a.json')).toThrow('not JSON')
})
