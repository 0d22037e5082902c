import { expect, test } from 'vitest'
import { FormatError } from './errors.ts'
import { plainLines, plainText } from './plain-text.ts'

test('what would steer a terminal is written out', () => {
  expect(plainText('a\x1b[31mred\x07\u009b2J')).toBe('a\\x1b[31mred\\x07\\x9b2J')
  expect(plainText('line\nend \u202egnp.exe')).toBe('line\\x0aend \\u202egnp.exe')
  expect(plainText('Größe 1, 大きさ')).toBe('Größe 1, 大きさ')
  expect(plainLines('a\n\tb\r')).toBe('a\n\tb\\x0d')
})

test('messages of errors hold nothing that steers a terminal', () => {
  const { message } = new FormatError({ what: 'no\x1b]0;title\x07', place: 'file\n  ^', got: '\x1b[2J' })
  expect(message).toBe('no\\x1b]0;title\\x07\n  file\n    ^\n  got      \\x1b[2J')
})
