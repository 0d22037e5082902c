import { timingSafeEqual } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, sep } from 'node:path'
import { SpikeletError } from '../base/index.ts'
import { StudioApi, type StudioApiOptions } from './api.ts'

export interface StudioOptions extends StudioApiOptions {
  /** Where the built pages lie. */
  readonly pages: string
  /** Further folders that pages read, by their names in addresses: the embedded data. */
  readonly mounted: { readonly [name: string]: string }
  /** 0: any that is free. */
  readonly port: number
  /** Whoever knows it may read and start runs. */
  readonly token: string
}

const types: { readonly [ending: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** Nothing is loaded from elsewhere; kernels are WebAssembly made in the page; reports bring their own style. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join('; ')

/** Most bytes of a question. */
const mostBytes = 1_000_000

/** Names of this machine. A page from elsewhere can have its own name point here, but not call it one of these. */
const ownHosts = ['localhost', '127.0.0.1', '[::1]']

/**
 * Serves the studio's pages to this machine alone, and the runs of a folder to whoever has the token.
 * @returns the server, and the address to open
 */
export async function startStudio(
  options: StudioOptions,
): Promise<{ readonly server: Server; readonly address: string }> {
  const api = new StudioApi(options)
  const server = createServer((request, response) => {
    answer(request, response, options, api).catch((error: unknown) => {
      if (response.headersSent) return response.destroy()
      const known = error instanceof SpikeletError
      sendJson(response, known ? 400 : 500, { error: known ? error.message : 'the studio failed to answer' })
    })
  })
  server.on('clientError', (_, socket) => void socket.destroy())
  server.on('close', () => api.close())
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject)
    server.listen(options.port, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return { server, address: `http://localhost:${port}/?token=${options.token}` }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: StudioOptions,
  api: StudioApi,
): Promise<void> {
  for (const [name, value] of Object.entries({
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  })) {
    response.setHeader(name, value)
  }
  if (!isOwn(request)) return sendJson(response, 403, { error: 'only pages of this studio may ask' })
  const path = pathOf(request.url ?? '')
  if (path === null) return sendJson(response, 400, { error: 'not a path' })
  if (path.startsWith('/api/')) return answerApi(request, response, path.slice(5), options, api)
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendJson(response, 405, { error: 'GET only' })
  const found = await fileOf(path, options)
  if (!found) return sendJson(response, 404, { error: 'not found' })
  response.writeHead(200, {
    'Content-Type': types[extname(path)] ?? (path === '/' ? types['.html'] : 'application/octet-stream'),
    'Cache-Control': path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  response.end(request.method === 'HEAD' ? undefined : found)
}

/** Whether a page of this studio, or nobody's page, asks: the name that is called, and where the question comes from. */
function isOwn({ headers }: IncomingMessage): boolean {
  const host = headers.host ?? ''
  if (!ownHosts.includes(host.replace(/:\d+$/, ''))) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  return headers.origin === undefined || headers.origin === `http://${host}`
}

/** The path of a request's target; null where it is none. */
function pathOf(target: string): string | null {
  const [path] = target.split('?')
  if (!path.startsWith('/') || path.startsWith('//')) return null
  try {
    const decoded = decodeURIComponent(path)
    return /[\\\0]/.test(decoded) || decoded.split('/').includes('..') ? null : decoded
  } catch {
    return null
  }
}

/** A page's file; links lead nowhere outside of their folder. */
async function fileOf(path: string, { pages, mounted }: StudioOptions): Promise<Buffer | null> {
  const name = Object.keys(mounted).find((one) => path.startsWith(`/${one}/`))
  const folder = await realpath(name === undefined ? pages : mounted[name]).catch(() => null)
  if (folder === null) return null
  const file = await realpath(join(folder, name === undefined ? path : path.slice(name.length + 1))).catch(() => null)
  const whole = file === folder ? join(folder, 'index.html') : file
  if (whole === null || !whole.startsWith(folder + sep)) return null
  return readFile(whole).catch(() => null)
}

async function answerApi(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  { token }: StudioOptions,
  api: StudioApi,
): Promise<void> {
  if (!isToken(request.headers['x-spikelet-token'], token)) {
    return sendJson(response, 401, { error: 'the token is missing: open the address that spikelet studio printed' })
  }
  response.setHeader('Cache-Control', 'no-store')
  if (path === 'changes' && request.method === 'GET') return streamChanges(response, api)
  if (request.method === 'GET') {
    const found = await api.read(path)
    return found === undefined ? sendJson(response, 404, { error: 'not found' }) : sendJson(response, 200, found)
  }
  if (request.method !== 'POST') return sendJson(response, 405, { error: 'GET or POST' })
  // A form of another site cannot send this type.
  if (!/^application\/json\b/.test(request.headers['content-type'] ?? '')) {
    return sendJson(response, 415, { error: 'a question is JSON' })
  }
  const body = await bodyOf(request)
  if (body === null) return sendJson(response, 413, { error: `a question has at most ${mostBytes} bytes` })
  const question = parsed(body)
  if (question === undefined) return sendJson(response, 400, { error: 'a question is JSON' })
  const found = await api.ask(path, question)
  return found === undefined ? sendJson(response, 404, { error: 'not found' }) : sendJson(response, 200, found)
}

function isToken(given: string | string[] | undefined, token: string): boolean {
  if (typeof given !== 'string' || given.length !== token.length) return false
  return timingSafeEqual(Buffer.from(given), Buffer.from(token))
}

/** One line for each time that runs changed: their names. */
function streamChanges(response: ServerResponse, api: StudioApi): void {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
  response.write('\n')
  const end = api.changes.listen((ids) => response.write(`${JSON.stringify(ids)}\n`))
  response.on('close', end)
}

async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    // The rest is let go by, so that the answer is heard.
    if (size <= mostBytes) parts.push(part)
    else if (size > 50 * mostBytes) request.destroy()
  }
  return size > mostBytes ? null : Buffer.concat(parts).toString('utf8')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function sendJson(response: ServerResponse, code: number, value: unknown): void {
  response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
}
