import { expect, test } from 'vitest'
import { textOf } from './text.ts'

const text = 'ä,1\n'

test.each([
  ['UTF-8', Buffer.from(text)],
  ['UTF-8 with a mark', Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from(text)])],
  ['UTF-16, lowest byte first', Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(text, 'utf16le')])],
  ['UTF-16, highest byte first', Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from(text, 'utf16le').swap16()])],
])('%s', (_, bytes) => {
  expect(textOf(bytes)).toBe(text)
})
