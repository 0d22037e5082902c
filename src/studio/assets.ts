import { readFile, realpath } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { answerJson, safeHeaders } from './answers.ts'

const types: { readonly [ending: string]: string } = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.png': 'image/png',
}

/** What shrinks: pages, scripts, styles. Data is packed already. */
const shrinks = ['.html', '.js', '.css', '.svg', '.json']

/** What was packed already, by the path of the file; those whose names stay the same are packed anew each time. */
const packed = new Map<string, Promise<Uint8Array>>()

/** Files that the build gave names with a digest of what is in them. */
const lasting = /^\/assets\/.*-[\w-]{8}\.\w+$/

/** Folders whose files everybody may have, by the beginning of their addresses; `/` is that of the pages. Real paths. */
export interface Places {
  readonly '/': string
  readonly [beginning: string]: string
}

/** A file of the pages. Nothing of them is secret: every Spikelet has the same. */
export async function answerAsset(
  { headers }: IncomingMessage,
  response: ServerResponse,
  places: Places,
  path: string,
): Promise<void> {
  const name = path === '/' ? '/index.html' : path
  const beginning = Object.keys(places).find((one) => one !== '/' && name.startsWith(one)) ?? '/'
  // Names of the build: letters, digits, and single dots between them.
  const plain = /^(\/[\w-]+(\.[\w-]+)*)+$/.test(name)
  const file = join(places[beginning], ...name.slice(beginning.length).split('/'))
  const bytes = plain && (await realpath(file).catch(() => '')) === file ? await readFile(file).catch(() => null) : null
  if (!bytes) {
    answerJson(response, 404, { error: 'there is no such page' })
    return
  }
  const isLasting = lasting.test(name)
  const wanted = shrinks.includes(extname(file)) && /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))
  const body = wanted ? await packedBytes(file, bytes, isLasting) : bytes
  response.writeHead(200, {
    ...safeHeaders,
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Length': body.length,
    ...(wanted ? { 'Content-Encoding': 'gzip' } : {}),
    Vary: 'Accept-Encoding',
    'Cache-Control': isLasting ? 'private, max-age=31536000, immutable' : 'no-cache',
  })
  response.end(body)
}

function packedBytes(file: string, bytes: Uint8Array, isLasting: boolean): Promise<Uint8Array> {
  const known = isLasting ? packed.get(file) : undefined
  const made = known ?? promisify(gzip)(bytes)
  if (isLasting) packed.set(file, made)
  return made
}
