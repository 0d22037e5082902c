import { expect, test } from 'vitest'
import { sizeText } from './size-text.ts'

test('bytes are told in the unit that suits them', () => {
  expect([1, 4000, 35e6, 1.25e9].map(sizeText)).toEqual(['1 kB', '4 kB', '35.0 MB', '1.25 GB'])
})
