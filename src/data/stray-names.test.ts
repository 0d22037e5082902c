import { expect, test } from 'vitest'
import { isStrayName, isSystemLitter } from './stray-names.ts'

test.each(['__MACOSX', '@eaDir', '.DS_Store', '._1.png', 'Thumbs.db', '.git', 'desktop.ini'])('%s is stray', (name) => {
  expect(isStrayName(name)).toBe(true)
  expect(isSystemLitter(name)).toBe(name !== '.git')
})

test.each(['cats', '1.png', 'Thumbs', '_private', 'a.DS_Store'])('%s is not', (name) => {
  expect([isStrayName(name), isSystemLitter(name)]).toEqual([false, false])
})
