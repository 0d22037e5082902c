import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeManyRuns } from '../../test/studio/many-runs.ts'
import { type StudioServer, serveStudio } from './studio-server.ts'

let place: string
let server: StudioServer

interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
}

interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** As it is, without what fetch would put right: paths with dots, foreign hosts. */
function send({ method = 'GET', path, headers = {}, body }: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

const own = (): { [name: string]: string } => ({ 'x-spikelet-token': server.token })

const post = (name: string, value: unknown, headers = own()) =>
  send({
    method: 'POST',
    path: `/api/${name}`,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  })

beforeAll(async () => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'spikelet-studio-')))
  const runs = join(place, 'runs')
  writeManyRuns(runs, { runs: 2, epochs: 3 })
  writeManyRuns(join(place, 'elsewhere'), { runs: 1, epochs: 2 })
  symlinkSync(join(place, 'elsewhere', 'lif-T2-000-seed1'), join(runs, 'linked'))
  mkdirSync(join(runs, 'odd'))
  writeManyRuns(join(runs, 'sweep'), { runs: 1, epochs: 2 })
  symlinkSync('/etc/passwd', join(runs, 'sweep', 'lif-T2-000-seed1', 'report.html'))
  writeFileSync(join(place, 'secret.json'), '{"secret":true}')
  mkdirSync(join(place, 'pages', 'assets'), { recursive: true })
  writeFileSync(join(place, 'pages', 'index.html'), '<!doctype html><title>studio</title>')
  writeFileSync(join(place, 'pages', 'assets', 'main-AbCd1234.js'), 'export {}')
  symlinkSync('/etc/passwd', join(place, 'pages', 'linked.js'))
  mkdirSync(join(place, 'more'))
  writeFileSync(join(place, 'more', 'images.gz'), 'images')
  server = await serveStudio({
    folder: runs,
    pages: join(place, 'pages'),
    mounted: { '/data/more/': join(place, 'more') },
    port: 0,
    // Says what it was asked, and ends.
    program: [process.execPath, '-e', 'console.log(JSON.stringify(process.argv.slice(1)))', '--'],
    clock: () => Date.now() / 1000,
  })
})

afterAll(async () => {
  await server.close()
  rmSync(place, { recursive: true, force: true })
})

describe('who may ask', () => {
  it('is the page with the token', async () => {
    const { status, text } = await send({ path: '/api/runs', headers: own() })
    expect(status).toBe(200)
    expect(JSON.parse(text).runs.map(({ id }: { id: string }) => id)).toEqual([
      'lif-T2-000-seed1',
      'lif-T2-001-seed2',
      'sweep/lif-T2-000-seed1',
    ])
  })

  it.each([
    ['no token', {}, 401],
    ['another token', { 'x-spikelet-token': 'a'.repeat(32) }, 401],
    ['an empty token', { 'x-spikelet-token': '' }, 401],
    ['another host', { host: 'evil.example' }, 421],
    ['this name on another port', { host: '127.0.0.1:1' }, 421],
    ['another origin', { origin: 'https://evil.example' }, 403],
    ['no origin of a page in a frame', { origin: 'null' }, 403],
    ['this host on another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['this host with https', { origin: () => `https://127.0.0.1:${server.port}` }, 403],
    ['a page of another site, by what the browser says', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a page of the same site on another port', { 'sec-fetch-site': 'same-site' }, 403],
    ['a link on another site', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 403],
  ] as const)('is refused with %s', async (what, given, status) => {
    const headers = Object.fromEntries(
      Object.entries(given as Record<string, string | (() => string)>).map(([name, value]) => [
        name,
        typeof value === 'function' ? value() : value,
      ]),
    )
    const all = what.includes('token') ? headers : { ...own(), ...headers }
    for (const [method, path] of [
      ['GET', '/api/runs'],
      ['GET', '/api/file?id=lif-T2-000-seed1&file=summary'],
      ['GET', '/api/changes'],
      ['POST', '/api/start'],
      ['POST', '/api/sweep'],
      ['POST', '/api/resume-sweep'],
    ]) {
      const body = method === 'POST' ? { body: '{}' } : {}
      const answer = await send({ method, path, headers: { 'content-type': 'application/json', ...all }, ...body })
      expect([path, answer.status]).toEqual([path, status])
      expect(answer.text).not.toContain('lif-T2')
    }
  })

  it('may have the files that pages read beside them', async () => {
    const { status, headers, text } = await send({ path: '/data/more/images.gz' })
    expect([status, headers['content-type'], text]).toEqual([200, 'application/octet-stream', 'images'])
  })

  it('may open the pages without a token, by a link too, but not from another host', async () => {
    expect((await send({ path: '/?token=any' })).status).toBe(200)
    const followed = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect((await send({ path: '/', headers: followed })).status).toBe(200)
    const loaded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
    expect((await send({ path: '/assets/main-AbCd1234.js', headers: loaded })).status).toBe(403)
    expect((await send({ path: '/', headers: { host: 'evil.example' } })).status).toBe(421)
  })

  it('gets no leave to ask from elsewhere', async () => {
    const preflight = { origin: 'https://evil.example', 'access-control-request-headers': 'x-spikelet-token' }
    const { status, headers } = await send({ method: 'OPTIONS', path: '/api/start', headers: preflight })
    expect([status, headers['access-control-allow-origin']]).toEqual([403, undefined])
    for (const method of ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'HEAD']) {
      expect((await send({ method, path: '/api/runs', headers: own() })).status).toBe(405)
    }
    const form = { ...own(), 'content-type': 'text/plain' }
    for (const path of ['/api/start', '/api/sweep']) {
      expect((await send({ method: 'POST', path, headers: form, body: '{}' })).status).toBe(415)
    }
  })
})

describe('every answer', () => {
  it.each(['/', '/api/runs', '/nothing', '/assets/main-AbCd1234.js'])(
    'of %s forbids what pages do not need',
    async (path) => {
      const { headers } = await send({ path, headers: own() })
      expect(headers['cross-origin-opener-policy']).toBe('same-origin')
      expect(headers['cross-origin-embedder-policy']).toBe('require-corp')
      expect(headers['cross-origin-resource-policy']).toBe('same-origin')
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['referrer-policy']).toBe('no-referrer')
      const policy = headers['content-security-policy'] ?? ''
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';")
      expect(policy).toContain("frame-ancestors 'none'")
    },
  )
})

describe('files', () => {
  it('of a run are read by what they are called in the list', async () => {
    const { status, headers, text } = await send({ path: '/api/file?id=lif-T2-000-seed1&file=epochs', headers: own() })
    expect([status, headers['content-type'], text.split('\n').length]).toEqual([200, 'application/octet-stream', 4])
  })

  it.each([
    ['a way up', '../elsewhere/lif-T2-000-seed1', 'epochs'],
    ['a way up, in the middle', 'sweep/../../elsewhere/lif-T2-000-seed1', 'epochs'],
    ['a whole path', '/etc', 'epochs'],
    ['a way up with other strokes', '..\\elsewhere\\lif-T2-000-seed1', 'epochs'],
    ['a zero in the name', 'lif-T2-000-seed1\0', 'epochs'],
    ['a hidden name', '.git', 'config'],
    ['a folder without a run', 'odd', 'epochs'],
    ['a linked run', 'linked', 'epochs'],
    ['a linked file', 'sweep/lif-T2-000-seed1', 'report'],
    ['a file that no run has', 'lif-T2-000-seed1', '../../secret.json'],
    ['a file by its path', 'lif-T2-000-seed1', 'config.json'],
    ['a name of all objects', 'lif-T2-000-seed1', 'constructor'],
    ['a folder', 'lif-T2-000-seed1', 'checkpoints'],
  ])('are refused behind %s', async (_, id, file) => {
    const query = new URLSearchParams({ id, file })
    const { status, text } = await send({ path: `/api/file?${query}`, headers: own() })
    expect(status).toBe(400)
    expect(JSON.parse(text).error).toMatch(/no such (run|file)/)
    for (const name of file === 'epochs' ? ['stop', 'resume'] : []) {
      expect((await post(name, { id })).status).toBe(400)
    }
  })

  it.each([
    '/../secret.json',
    '/assets/../../secret.json',
    '/%2e%2e/secret.json',
    '/..%2fsecret.json',
    '/assets/%2e%2e%2f%2e%2e%2fsecret.json',
    '//etc/passwd',
    '/linked.js',
    '/assets',
    '/.env',
    '/a\\..\\secret.json',
    '/data/more/../secret.json',
    '/data/more/..%2fsecret.json',
    '/data/more//secret.json',
    '/data/more',
  ])('of the pages end at their folder: %s', async (path) => {
    const { status, text } = await send({ path })
    expect([400, 404]).toContain(status)
    expect(text).not.toMatch(/secret":|root:/)
  })
})

describe('what is asked', () => {
  it('must fit into a small body', async () => {
    const { status, text } = await post('start', { dataset: 'x'.repeat(100_000) })
    expect([status, text.includes('too large')]).toEqual([400, true])
  })

  it.each(['', '[]', '1', 'null', '{', '"a"'])('must be a record: %j', async (body) => {
    const headers = { ...own(), 'content-type': 'application/json' }
    expect((await send({ method: 'POST', path: '/api/start', headers, body })).status).toBe(400)
  })

  it.each(['constructor', 'toString', '__proto__', 'start'])('must be known: %s', async (name) => {
    const { status } = await send({ path: `/api/${name}`, headers: own() })
    expect(status).toBe(404)
  })

  it.each([
    [{ dataset: 'no-such' }, 'not known'],
    [{ dataset: 'fashion-mnist', options: { epochs: 'many' } }, "'epochs' cannot have this value"],
    [{ dataset: 'fashion-mnist', options: { out: '/etc' } }, "no option 'out'"],
    [{ dataset: 'fashion-mnist', options: { config: '/etc/passwd' } }, "no option 'config'"],
    [{ dataset: 'fashion-mnist', options: { resume: '/tmp' } }, "no option 'resume'"],
    [{ dataset: 'fashion-mnist', options: { name: '../up' } }, "'name' cannot have this value"],
    [{ dataset: 'fashion-mnist', options: { constructor: 1 } }, "no option 'constructor'"],
    [{ dataset: 'fashion-mnist', options: { name: 'lif-T2-000-seed1' } }, 'of this name already'],
  ])('starts nothing with %j', async (asked, message) => {
    const { status, text } = await post('start', asked)
    expect([status, JSON.parse(text).error]).toEqual([400, expect.stringContaining(message)])
  })
})

describe('a training', () => {
  it('is a command line, in which no value becomes a flag of its own', async () => {
    const options = { neuron: '--resume=/etc', neuronOptions: { tau: 2 }, hidden: [64, 32], T: 2, syncBatchnorm: true }
    const { status, text } = await post('start', { dataset: 'fashion-mnist', options })
    expect([status, text]).toEqual([200, expect.stringContaining('"id":"fashion-mnist-snn5-')])
    const { id } = JSON.parse(text)
    const told = await startedOnce(id)
    expect(JSON.parse(told.lines[0])).toEqual([
      'train',
      'fashion-mnist',
      '--hidden=64,32',
      '--neuron=--resume=/etc',
      '--neuron-options={"tau":2}',
      '--T=2',
      '--sync-batchnorm=true',
      `--out=${join(place, 'runs')}`,
      `--name=${id}`,
    ])
    expect(told.code).toBe(0)
  })

  it('goes on with what is there, with more epochs where it is asked', async () => {
    expect((await post('resume', { id: 'lif-T2-000-seed1', epochs: 9 })).status).toBe(200)
    const { lines } = await startedOnce('lif-T2-000-seed1')
    expect(JSON.parse(lines[0])).toEqual(['train', `--resume=${join(place, 'runs', 'lif-T2-000-seed1')}`, '--epochs=9'])
    const { status, text } = await post('resume', { id: 'lif-T2-000-seed1', epochs: '9 --out=/etc' })
    expect([status, text.includes('whole number')]).toEqual([400, true])
  })

  it('that nobody works on cannot be stopped', async () => {
    const { status, text } = await post('stop', { id: 'lif-T2-001-seed2' })
    expect([status, text.includes('nothing works on this run')]).toEqual([400, true])
  })
})

async function startedOnce(id: string) {
  for (let i = 0; i < 500; i++) {
    const { text } = await send({ path: '/api/runs', headers: own() })
    const found = JSON.parse(text).started.find((one: { id: string; ended: boolean }) => one.id === id && one.ended)
    if (found) return found as { readonly lines: readonly string[]; readonly code: number }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`${id} did not end`)
}

describe('a sweep', () => {
  it('is a command line of the options of a sweep', async () => {
    const options = { neurons: ['lif', '--resume=/etc'], T: [2, 4], vary: { lr: [0.1, 0.2] }, seeds: 2, model: 'dense' }
    const { status, text } = await post('sweep', { dataset: 'fashion-mnist', options })
    expect([status, text]).toEqual([200, expect.stringContaining('"id":"sweep-fashion-mnist-dense-')])
    const { id } = JSON.parse(text)
    const told = await startedOnce(id)
    expect(JSON.parse(told.lines[0])).toEqual([
      'sweep',
      'fashion-mnist',
      '--neurons=lif,--resume=/etc',
      '--T=2,4',
      '--vary={"lr":[0.1,0.2]}',
      '--seeds=2',
      '--model=dense',
      `--out=${join(place, 'runs')}`,
      `--name=${id}`,
    ])
  })

  it.each([
    [{ dataset: 'no-such' }, 'not known'],
    [{ dataset: 'fashion-mnist', options: { neuron: 'lif' } }, "no option 'neuron' of a sweep"],
    [{ dataset: 'fashion-mnist', options: { out: '/etc' } }, "no option 'out'"],
    [{ dataset: 'fashion-mnist', options: { on: 'slurm' } }, "no option 'on'"],
    [{ dataset: 'fashion-mnist', options: { slurm: '--wrap=date' } }, "no option 'slurm'"],
    [{ dataset: 'fashion-mnist', options: { config: '/etc/passwd' } }, "no option 'config'"],
    [{ dataset: 'fashion-mnist', options: { T: 4 } }, "'T' cannot have this value"],
    [{ dataset: 'fashion-mnist', options: { vary: { out: ['/etc'] } } }, "'out' is no option that a sweep can vary"],
    [{ dataset: 'fashion-mnist', options: { vary: { config: ['/etc'] } } }, "'config' is no option"],
    [{ dataset: 'fashion-mnist', options: { vary: { epochs: ['many'] } } }, "'epochs' cannot have this value"],
    [{ dataset: 'fashion-mnist', options: { vary: { lr: [] } } }, "'vary' cannot have this value"],
    [{ dataset: 'fashion-mnist', options: { vary: { lr: [{}] } } }, "'vary' cannot have this value"],
    [{ dataset: 'fashion-mnist', options: { name: '../up' } }, "'name' cannot have this value"],
    [{ dataset: 'fashion-mnist', options: { name: 'lif-T2-000-seed1' } }, 'of this name already'],
  ])('does not start with %j', async (asked, message) => {
    const { status, text } = await post('sweep', asked)
    expect([status, JSON.parse(text).error]).toEqual([400, expect.stringContaining(message)])
  })

  it('that is not done is told, and goes on with what it was asked for', async () => {
    const folder = join(place, 'runs', 'begun')
    mkdirSync(folder)
    const asked = { dataset: 'fashion-mnist', options: { T: [2], vary: { lr: [0.1, 0.2] } } }
    writeFileSync(join(folder, 'sweep.json'), JSON.stringify(asked))
    const sweeps = async () => JSON.parse((await send({ path: '/api/runs', headers: own() })).text).sweeps
    expect(await sweeps()).toEqual(['begun'])
    expect((await post('resume-sweep', { id: 'begun' })).status).toBe(200)
    const { lines } = await startedOnce('begun')
    const placeWords = [`--out=${join(place, 'runs')}`, '--name=begun']
    expect(JSON.parse(lines[0])).toEqual(['sweep', 'fashion-mnist', '--T=2', '--vary={"lr":[0.1,0.2]}', ...placeWords])
    writeFileSync(join(folder, 'sweep.json'), JSON.stringify({ ...asked, options: { out: '/etc' } }))
    const { status, text } = await post('resume-sweep', { id: 'begun' })
    expect([status, JSON.parse(text).error]).toEqual([400, expect.stringContaining("no option 'out'")])
    writeFileSync(join(folder, 'sweep.csv'), '')
    expect(await sweeps()).toEqual([])
    rmSync(folder, { recursive: true })
  })

  it.each(['../elsewhere', '.', '..', '/etc', 'linked-sweep', 'sweep', 'none', 7, null])(
    'is not looked for in %j',
    async (id) => {
      const linked = join(place, 'runs', 'linked-sweep')
      mkdirSync(join(place, 'outside'), { recursive: true })
      writeFileSync(join(place, 'outside', 'sweep.json'), '{"dataset":"fashion-mnist"}')
      symlinkSync(join(place, 'outside'), linked)
      const { status, text } = await post('resume-sweep', { id })
      expect([status, text.includes('no such sweep here')]).toEqual([400, true])
      rmSync(linked)
    },
  )
})

describe('changes', () => {
  it('are told as lines while they come', async () => {
    const lines: string[] = []
    const heard = new Promise<void>((resolve, reject) => {
      const options = { host: '127.0.0.1', port: server.port, path: '/api/changes', headers: own() }
      const asked = request(options, (response) => {
        expect(response.headers['content-type']).toBe('application/x-ndjson')
        response.setEncoding('utf8')
        response.on('data', (part: string) => {
          lines.push(...part.split('\n').filter((line) => line !== ''))
          if (lines.length === 1) writeManyRuns(join(place, 'runs', 'new'), { runs: 1, epochs: 1 })
          if (lines.some((line) => line.includes('new/lif-T2-000-seed1'))) asked.destroy()
        })
        response.on('close', () => resolve())
      })
      asked.on('error', reject)
      asked.end()
    })
    await heard
    expect(lines.every((line) => Array.isArray(JSON.parse(line)))).toBe(true)
    rmSync(join(place, 'runs', 'new'), { recursive: true })
  })
})

describe('names', () => {
  it('of runs and classes are told as they are, as JSON that no browser takes for a page', async () => {
    const id = '<img src=x onerror=alert(1)>'
    writeManyRuns(join(place, 'named'), { runs: 1, epochs: 1 })
    const { cpSync } = await import('node:fs')
    cpSync(join(place, 'named', 'lif-T2-000-seed1'), join(place, 'runs', id), { recursive: true })
    const { headers, text } = await send({ path: `/api/run?${new URLSearchParams({ id })}`, headers: own() })
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(JSON.parse(text).summary.name).toBe(id)
    rmSync(join(place, 'runs', id), { recursive: true })
  })
})

describe('a server', () => {
  it('says so where a port is taken, or there is no such folder', async () => {
    const options = { pages: join(place, 'pages'), program: ['node'] as const, clock: () => 0 }
    await expect(serveStudio({ ...options, folder: place, port: server.port })).rejects.toThrow('this port is taken')
    await expect(serveStudio({ ...options, folder: join(place, 'none') })).rejects.toThrow('no such folder of runs')
    await expect(serveStudio({ ...options, folder: place, pages: join(place, 'none') })).rejects.toThrow(
      'are not built',
    )
  })

  it('answers at this machine alone', () => {
    expect(server.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/)
  })
})
