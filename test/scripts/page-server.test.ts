import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveFolder } from '../../examples/browser/serve.mjs'

const folder = mkdtempSync(join(tmpdir(), 'spikelet-page-'))
let served: Awaited<ReturnType<typeof serveFolder>>
beforeAll(async () => {
  writeFileSync(join(folder, 'index.html'), '<p>hello</p>')
  served = await serveFolder(folder)
})
afterAll(() => {
  served.server.close()
  rmSync(folder, { recursive: true })
})

/** The answer to a request written by hand: clients tidy up what attackers do not. */
function ask(target: string, host = 'localhost', method = 'GET'): Promise<string> {
  return new Promise((resolve, reject) => {
    const { port } = served.server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
    })
    let text = ''
    socket.on('data', (bytes) => (text += bytes))
    socket.on('error', reject)
    socket.on('close', () => resolve(text))
  })
}

describe('the page server', () => {
  it('serves its folder, with what browsers need to keep others out', async () => {
    const answer = await ask('/?backend=wasm', 'localhost:8080')
    expect(answer).toMatch(/^HTTP\/1\.1 200 [\s\S]*<p>hello/)
    expect(answer).toMatch(/Content-Security-Policy: default-src 'self';/)
    expect(answer).toMatch(/X-Content-Type-Options: nosniff/)
    expect(answer).toMatch(/Cross-Origin-Embedder-Policy: require-corp/)
  })

  it.each([
    ['/%', 400],
    ['//', 400],
    ['//evil.example/', 400],
    ['/\\', 400],
    ['/%5c..%5c', 400],
    ['/%00', 400],
    ['/%ff', 400],
    ['http://localhost/', 400],
    ['*', 400],
    ['/../../etc/passwd', 404],
    ['/%2e%2e/%2e%2e/etc/passwd', 404],
    ['/nothing.js', 404],
  ])('GET %s: %i, and goes on', async (target, code) => {
    expect(await ask(target)).toMatch(new RegExp(`^HTTP/1\\.1 ${code} `))
    expect(await ask('/index.html')).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('answers under names of this machine only, and takes no other method', async () => {
    for (const host of ['evil.example', 'localhost.evil.example', '']) expect(await ask('/', host)).toMatch(/ 403 /)
    expect(await ask('/', '127.0.0.1:1')).toMatch(/ 200 /)
    expect(await ask('/', 'localhost', 'POST')).toMatch(/ 405 /)
  })
})
