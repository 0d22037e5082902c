import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How the server treats a request for one path. */
export interface Behaviour {
  readonly bytes: Uint8Array
  /** Requests that are cut off after this many bytes; then it behaves. */
  readonly drops?: number
  readonly dropAfter?: number
  readonly status?: number
  /** Answers a request for a part with the whole. */
  readonly noRanges?: boolean
  /** Never sends the rest. */
  readonly stalls?: boolean
  /** Pieces of this many bytes, with a pause between them: time to be killed in. */
  readonly pieces?: number
  /** Answers by itself instead. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => void
}

/** A server on this machine that sends files, well or badly. */
export async function startServer(files: Record<string, Behaviour>) {
  const requests: { path: string; range: string | undefined }[] = []
  const dropped = new Map<string, number>()
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1)
    requests.push({ path, range: request.headers.range })
    const behaviour = files[path]
    if (behaviour?.answer) {
      behaviour.answer(request, response)
      return
    }
    if (!behaviour || (behaviour.status ?? 200) >= 400) {
      response.writeHead(behaviour?.status ?? 404).end('no')
      return
    }
    void send(request, response, behaviour, path, dropped)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: (path: string) => `http://127.0.0.1:${port}/${path}`,
    requests,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  behaviour: Behaviour,
  path: string,
  dropped: Map<string, number>,
): Promise<void> {
  const { bytes, drops = 0, dropAfter = 0, noRanges, stalls, pieces } = behaviour
  const asked = /^bytes=(\d+)-/.exec(request.headers.range ?? '')
  const start = asked && !noRanges ? Number(asked[1]) : 0
  if (start >= bytes.length && start > 0) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    return
  }
  const rest = bytes.subarray(start)
  const range = { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': rest.length, ...(start > 0 ? range : {}) })
  const count = dropped.get(path) ?? 0
  if (count < drops) {
    dropped.set(path, count + 1)
    response.write(rest.subarray(0, dropAfter), () => setTimeout(() => response.destroy(), 20))
    return
  }
  if (stalls) {
    response.write(rest.subarray(0, dropAfter))
    return
  }
  for (let at = 0; pieces && at < rest.length && !response.destroyed; at += pieces) {
    response.write(rest.subarray(at, at + pieces))
    await new Promise((resolve) => setTimeout(resolve, 3))
  }
  response.end(pieces ? undefined : rest)
}
