// Builds the page and serves it: node examples/browser/serve.mjs [--port 8080] [--no-isolation]. Needs the build of the package.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { buildPage } from './build.mjs'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/** Nothing is loaded from elsewhere, and no other page can hold this one; kernels are WebAssembly made in the page. */
const policy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "img-src 'self' data:",
  "style-src 'self' 'unsafe-inline'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Names of this machine. A page from elsewhere can have its own name point here, but not call it one of these. */
const ownHosts = ['localhost', '127.0.0.1', '[::1]']

/**
 * Serves a folder. With `isolated`, pages may share memory between threads: the two headers that browsers ask for.
 * @param {string} folder
 * @param {{ port?: number, isolated?: boolean }} [options] port 0: any that is free
 */
export function serveFolder(folder, { port = 0, isolated = true } = {}) {
  const server = createServer(async (request, response) => {
    response.setHeader('Content-Security-Policy', policy)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    }
    const refuse = (/** @type {number} */ code, /** @type {string} */ text) =>
      response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8' }).end(text)
    if (!ownHosts.includes((request.headers.host ?? '').replace(/:\d+$/, ''))) return refuse(403, 'another host')
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'GET only')
    const path = pathOf(request.url ?? '')
    if (path === null) return refuse(400, 'not a path')
    const file = join(folder, path === '/' ? '/index.html' : path)
    const bytes = file.startsWith(join(folder, sep)) ? await readFile(file).catch(() => null) : null
    if (bytes === null) return refuse(404, 'not found')
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' })
    response.end(request.method === 'HEAD' ? undefined : bytes)
  })
  server.on('clientError', (_, socket) => void socket.destroy())
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => resolve({ server, address: `http://localhost:${server.address().port}/` }))
  })
}

/**
 * The path of a request's target; null where it is none.
 * @param {string} target
 */
function pathOf(target) {
  const [path] = target.split('?')
  if (!path.startsWith('/') || path.startsWith('//')) return null
  try {
    const decoded = decodeURIComponent(path)
    return /[\\\0]/.test(decoded) ? null : normalize(decoded)
  } catch {
    return null
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '8080' }, 'no-isolation': { type: 'boolean', default: false } },
  })
  const folder = await mkdtemp(join(tmpdir(), 'spikelet-page-'))
  await buildPage(folder)
  const { address, server } = await serveFolder(folder, {
    port: Number(values.port),
    isolated: !values['no-isolation'],
  })
  console.log(`${address} (Ctrl-C ends it)`)
  process.on('SIGINT', async () => {
    server.close()
    await rm(folder, { recursive: true, force: true })
    process.exit(0)
  })
}
