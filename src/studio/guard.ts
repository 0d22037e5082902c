import type { IncomingHttpHeaders } from 'node:http'

/** Of a request, what decides whether it is answered. */
export interface Asking {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** What a request must show. */
export interface Guard {
  readonly port: number
  readonly token: string
}

export interface Refusal {
  readonly status: number
  readonly error: string
}

/** The header that carries the token. */
export const tokenHeader = 'x-spikelet-token'

/** Below this path everything is asked for the token. The pages outside of it are the same for everybody. */
export const apiPath = '/api/'

/**
 * Whether a request comes from the page that this server gave out, and from no other site in the same browser. Another site
 * can send requests here, but not with this Host (its name may lead here, as with DNS rebinding), not with this Origin, and
 * not with a header of its own unless it is allowed to, which nothing here does.
 * @returns undefined for one that may be answered
 */
export function refusalOf({ method, path, headers }: Asking, { port, token }: Guard): Refusal | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (headers.host === undefined || !hosts.includes(headers.host)) {
    return { status: 421, error: `this server answers at 127.0.0.1:${port} alone` }
  }
  if (headers.origin !== undefined && headers.origin !== `http://${headers.host}`) {
    return { status: 403, error: 'a page of another site may not ask this' }
  }
  const api = path.startsWith(apiPath)
  if (comesFromElsewhere(headers) && !(method === 'GET' && !api && headers['sec-fetch-mode'] === 'navigate')) {
    return { status: 403, error: 'a page of another site may not ask this' }
  }
  if (!(api ? ['GET', 'POST'] : ['GET', 'HEAD']).includes(method)) {
    return { status: 405, error: `${method} is not answered here` }
  }
  if (!api) return undefined
  const given = headers[tokenHeader]
  if (typeof given !== 'string' || !sameText(given, token)) {
    return {
      status: 401,
      error: 'the token is missing, or of an earlier server: open the address that spikelet studio printed',
    }
  }
  if (method === 'POST' && !/^application\/json\b/.test(headers['content-type'] ?? '')) {
    return { status: 415, error: 'a request with a body is JSON' }
  }
  return undefined
}

/** What browsers say of the page that asks; others say nothing. */
function comesFromElsewhere(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site']
  return site !== undefined && site !== 'same-origin' && site !== 'none'
}

/** Takes as long wherever two texts differ. */
function sameText(one: string, other: string): boolean {
  const { createHash, timingSafeEqual } = process.getBuiltinModule('node:crypto')
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(a, b)
}
