import { expect, test } from 'vitest'
import { counted } from './counted.ts'

test('one is one', () => {
  expect([0, 1, 2].map((count) => counted(count, 'sample'))).toEqual(['0 samples', '1 sample', '2 samples'])
})
