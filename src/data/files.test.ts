import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { diskFolder, openFolder, webFolder } from './files.ts'

describe('data folders', () => {
  test('disk: a file, an absent file, and a fault that is not absence', async () => {
    const path = mkdtempSync(join(tmpdir(), 'spikelet-'))
    try {
      writeFileSync(join(path, 'a'), 'hi')
      const folder = diskFolder(pathToFileURL(path))
      expect(folder.place).toBe(path)
      expect(await folder.read('a')).toEqual(Buffer.from('hi'))
      expect(await folder.read('b')).toBeUndefined()
      await expect(folder.read('.')).rejects.toThrow(/EISDIR/)
    } finally {
      rmSync(path, { recursive: true })
    }
  })

  test('web: a file, an absent file, and a fault', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/x/a' ? 200 : request.url === '/x/b' ? 404 : 500
      response.end('hi')
    }).listen(0)
    try {
      const folder = openFolder(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x/`)
      expect(await folder.read('a')).toEqual(new TextEncoder().encode('hi'))
      expect(await folder.read('b')).toBeUndefined()
      await expect(folder.read('c')).rejects.toThrow(/500/)
      expect(webFolder('http://h/x').place).toBe('http://h/x/')
    } finally {
      server.close()
    }
  })
})

test.each([{ limit: 100 }, null, 7])('%j is refused by name', (folder) => {
  expect(() => openFolder(folder as never)).toThrow(/this is no folder of data\n {2}expected a path/)
})
