import { expect, it } from 'vitest'
import { wrapWords } from './wrap.ts'

it('breaks between words, and never inside one', () => {
  expect(wrapWords('a few words in /a/path/that/is/long here', 12)).toEqual([
    'a few words',
    'in',
    '/a/path/that/is/long',
    'here',
  ])
  expect(wrapWords('', 12)).toEqual([''])
})
