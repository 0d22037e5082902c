import type { IncomingMessage, ServerResponse } from 'node:http'
import { SpikeletError, systemFault, UsageError } from '../base/index.ts'

/**
 * What the pages may do: code and workers of this server alone, WebAssembly, styles within pictures, and pictures that they
 * draw themselves.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self' blob:",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Of every answer. The first two let threads of the page share memory. */
export const safeHeaders: { readonly [name: string]: string } = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

/** Requests are small: an option table's worth of JSON. */
const mostBytes = 64 * 1024

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value)
  response.writeHead(status, {
    ...safeHeaders,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
  })
  response.end(body)
}

/** An error as an answer. What was asked wrongly is told; anything else is a fault of this program. */
export function answerError(response: ServerResponse, raised: unknown): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const error = systemFault(raised)
  const status = error instanceof UsageError ? 400 : 500
  const message = error instanceof SpikeletError || error instanceof Error ? error.message : String(error)
  answerJson(response, status, { error: message })
}

/** The JSON of a request. @throws UsageError if it is too large, or none */
export async function bodyOf(request: IncomingMessage): Promise<{ readonly [name: string]: unknown }> {
  const parts: Buffer[] = []
  // What says beforehand that it is too large gets an answer; what turns out so is cut off.
  let size = Number(request.headers['content-length'] ?? 0)
  if (size > mostBytes) throw tooLarge()
  size = 0
  for await (const part of request) {
    size += (part as Buffer).length
    if (size > mostBytes) throw tooLarge()
    parts.push(part as Buffer)
  }
  const value = parsed(Buffer.concat(parts).toString())
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UsageError({ what: 'this request is no JSON object' })
  }
  return value as { readonly [name: string]: unknown }
}

function tooLarge(): UsageError {
  return new UsageError({ what: 'this request is too large', expected: `at most ${mostBytes} bytes` })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new UsageError({ what: 'this request is not JSON', cause })
  }
}
