// Builds the page and serves it: node examples/browser/serve.mjs [--port 8080] [--no-isolation]. Needs the build of the package.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { buildPage } from './build.mjs'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
}

/**
 * Serves a folder. With `isolated`, pages may share memory between threads: the two headers that browsers ask for.
 * @param {string} folder
 * @param {{ port?: number, isolated?: boolean }} [options] port 0: any that is free
 */
export function serveFolder(folder, { port = 0, isolated = true } = {}) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const file = join(folder, normalize(pathname === '/' ? '/index.html' : decodeURIComponent(pathname)))
    const bytes = file.startsWith(folder) ? await readFile(file).catch(() => null) : null
    if (isolated) {
      response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
      response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    }
    response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream')
    response.writeHead(bytes ? 200 : 404).end(bytes ?? 'not found')
  })
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen(port, '127.0.0.1', () => resolve({ server, address: `http://localhost:${server.address().port}/` }))
  })
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
