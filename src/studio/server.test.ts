import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as ask } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startStudio } from './index.ts'

const token = 'a-token-of-this-test'
let root: string
let server: Awaited<ReturnType<typeof startStudio>>['server']
let port: number

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'spikelet-studio-'))
  for (const name of ['pages/assets', 'runs', 'data', 'outside']) mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, 'pages/index.html'), '<!doctype html>the studio')
  writeFileSync(join(root, 'pages/assets/a.js'), 'export {}')
  writeFileSync(join(root, 'outside/secret.txt'), 'secret')
  writeFileSync(join(root, 'data/images.gz'), 'images')
  symlinkSync(join(root, 'outside/secret.txt'), join(root, 'pages/assets/link.txt'))
  symlinkSync(join(root, 'outside'), join(root, 'pages/way'))
  makeRun('plain')
  makeRun('<img src=x onerror=alert(1)>')
  const started = await startStudio({
    folder: join(root, 'runs'),
    program: join(root, 'no-such-program.js'),
    clock: () => 1e9,
    pages: join(root, 'pages'),
    mounted: { data: join(root, 'data') },
    port: 0,
    token,
  })
  server = started.server
  port = (server.address() as AddressInfo).port
})

afterAll(() => {
  server.close()
  server.closeAllConnections()
  rmSync(root, { recursive: true, force: true })
})

function makeRun(name: string): void {
  const folder = join(root, 'runs', name)
  mkdirSync(folder, { recursive: true })
  const config = { dataset: { name: 'fashion-mnist' }, T: 4, seed: 1, epochs: 2, model: 'snn5', neuron: '<b>clif</b>' }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'epochs.jsonl'), '')
}

interface Answer {
  readonly code: number
  readonly text: string
  readonly headers: { readonly [name: string]: string | string[] | undefined }
}

/** A question as a program of this machine asks it: nothing is added or taken away. */
function get(
  path: string,
  headers: { readonly [name: string]: string } = {},
  { method = 'GET', body = '' }: { method?: string; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, headers: { Host: `localhost:${port}`, ...headers } }
    const question = ask(options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.on('end', () => resolve({ code: response.statusCode ?? 0, text, headers: response.headers }))
    })
    question.on('error', reject)
    question.end(body)
  })
}

const own = { 'X-Spikelet-Token': token }
const json = { ...own, 'Content-Type': 'application/json' }

describe('pages', () => {
  test('come with headers that let threads share memory and nothing else in', async () => {
    const { code, text, headers } = await get('/')
    expect([code, text]).toEqual([200, '<!doctype html>the studio'])
    expect(headers['cross-origin-opener-policy']).toBe('same-origin')
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp')
    expect(headers['content-security-policy']).toMatch(/script-src 'self' 'wasm-unsafe-eval';/)
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect((await get('/assets/a.js')).headers['content-type']).toContain('javascript')
    expect((await get('/data/images.gz')).text).toBe('images')
  })

  test.each([
    '/../outside/secret.txt',
    '/assets/../../outside/secret.txt',
    '/assets/%2e%2e/%2e%2e/outside/secret.txt',
    '/data/..%2foutside/secret.txt',
    '/assets/link.txt',
    '/way/secret.txt',
    '//outside/secret.txt',
    '/%00',
    '/%zz',
    '/..\\outside\\secret.txt',
    '/nothing',
  ])('%s leads nowhere', async (path) => {
    const { code, text } = await get(path)
    expect([400, 404]).toContain(code)
    expect(text).not.toContain('secret')
  })
})

describe('questions', () => {
  test('need the token', async () => {
    for (const headers of [{}, { 'X-Spikelet-Token': 'another' }, { 'X-Spikelet-Token': `${token}x` }]) {
      expect((await get('/api/runs', headers as { [name: string]: string })).code).toBe(401)
      expect((await get('/api/changes', headers as { [name: string]: string })).code).toBe(401)
    }
    expect((await get(`/api/runs?token=${token}`)).code).toBe(401)
    expect((await get('/api/runs', own)).code).toBe(200)
  })

  test.each([
    ['another host', { Host: 'evil.example' }],
    ['another host with our port', { Host: 'evil.example:1234' }],
    ['another origin', { Origin: 'https://evil.example' }],
    ['another port', { Origin: 'http://localhost:1' }],
    ['a page that is opened from elsewhere', { Origin: 'null' }],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['another site of this machine', { 'Sec-Fetch-Site': 'same-site' }],
  ])('of %s are refused, token or not', async (_, headers) => {
    for (const path of ['/', '/api/runs']) expect((await get(path, { ...own, ...headers })).code).toBe(403)
    const question = { method: 'POST', body: '{"dataset":"mnist"}' }
    expect((await get('/api/start', { ...json, ...headers }, question)).code).toBe(403)
  })

  test('a form of a page cannot ask: a question is JSON', async () => {
    const question = { method: 'POST', body: 'dataset=mnist' }
    expect((await get('/api/start', { ...own, 'Content-Type': 'text/plain' }, question)).code).toBe(415)
    expect((await get('/api/start', json, question)).code).toBe(400)
    expect((await get('/api/start', json, { method: 'PUT', body: '{}' })).code).toBe(405)
    expect((await get('/', own, { method: 'DELETE' })).code).toBe(405)
  })

  test('a large one is refused before it is read', async () => {
    const answer = await get('/api/curves', json, { method: 'POST', body: '"'.padEnd(2_000_000, ' ') }).catch(
      () => null,
    )
    if (answer) expect(answer.code).toBe(413)
    expect((await get('/api/runs', own)).code).toBe(200)
  })

  test('runs are listed, whatever they are called; what is no run is never opened', async () => {
    const { rows } = JSON.parse((await get('/api/runs', own)).text)
    expect(rows.map(({ id }: { id: string }) => id)).toEqual(['<img src=x onerror=alert(1)>', 'plain'])
    expect(rows[1]).toMatchObject({ network: 'snn5', T: 4, epochs: 0, ofEpochs: 2, accuracy: null, state: 'stopped' })
    const asked = async (path: string, body: object) => {
      const { code, text } = await get(`/api/${path}`, json, { method: 'POST', body: JSON.stringify(body) })
      return [code, JSON.parse(text)] as const
    }
    expect(await asked('curves', { ids: ['../outside', '/etc', 7, null] })).toEqual([200, []])
    expect(await asked('report', { ids: ['../outside'] })).toEqual([200, { html: '' }])
    for (const path of ['stop', 'resume']) expect((await asked(path, { id: '../outside' }))[0]).toBe(404)
    expect((await asked('nothing', {}))[0]).toBe(404)
    const [, { html }] = await asked('report', { ids: ['<img src=x onerror=alert(1)>'] })
    expect(html).not.toContain('<img src=x')
    expect(html).not.toContain('<b>clif</b>')
  })

  test('a run is started with options that there are, and only those', async () => {
    const asked = async (body: object) => {
      const { code, text } = await get('/api/start', json, { method: 'POST', body: JSON.stringify(body) })
      return [code, text] as const
    }
    expect(await asked({ dataset: '--help' })).toEqual([400, expect.stringContaining('no such data set')])
    expect(await asked({ dataset: 'mnist', options: { out: '/etc' } })).toEqual([400, expect.stringContaining('out')])
    expect(await asked({ dataset: 'mnist', options: { evil: 1 } })).toEqual([400, expect.stringContaining('evil')])
    const [code, text] = await asked({ dataset: 'fashion-mnist', options: { epochs: 1, neuron: '--help' } })
    expect([code, JSON.parse(text)]).toEqual([200, { id: 'studio-20010909-014640' }])
    expect(JSON.parse((await get('/api/form', own)).text).fields.map(({ name }: { name: string }) => name)).toContain(
      'lr',
    )
    const stop = { method: 'POST', body: '{"id":"plain"}' }
    expect((await get('/api/stop', json, stop)).text).toContain('nobody works on this run')
  })

  test('changes are told', async () => {
    const lines: string[] = []
    const question = ask(
      { host: '127.0.0.1', port, path: '/api/changes', headers: { Host: `localhost:${port}`, ...own } },
      (response) => response.setEncoding('utf8').on('data', (part) => lines.push(part)),
    )
    question.on('error', () => {})
    question.end()
    const told = (text: string) => lines.join('').includes(text)
    while (!told('plain')) await new Promise((resolve) => setTimeout(resolve, 20))
    makeRun('fresh')
    while (!told('fresh')) await new Promise((resolve) => setTimeout(resolve, 20))
    question.destroy()
  })
})
