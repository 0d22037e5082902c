import { realpath } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { systemFault, UsageError } from '../base/index.ts'
import { answerError, answerJson } from './answers.ts'
import { answerAsset, type Places } from './assets.ts'
import { Changes } from './changes.ts'
import { apiPath, refusalOf } from './guard.ts'
import { answerChanges, answerFile, questionOf, routes, type Studio } from './routes.ts'
import { RunList } from './run-list.ts'
import { Trainings, type TrainingsOptions } from './trainings.ts'

export interface StudioOptions {
  /** The folder of runs. */
  readonly folder: string
  /** The folder of the built pages. */
  readonly pages: string
  /** Further folders whose files the pages read, by the beginning of their addresses, such as `/vendor/`. */
  readonly mounted?: { readonly [beginning: string]: string }
  /** Default: 8471, or the next that is free. A port that is named must be free. 0: any. */
  readonly port?: number
  readonly program: TrainingsOptions['program']
  /** Default: a new one. */
  readonly token?: string
  /** Seconds since 1970. */
  clock(): number
}

export interface StudioServer {
  /** With the token in it. */
  readonly address: string
  readonly port: number
  readonly token: string
  /** Trainings that were started here and go on. */
  going(): number
  /** Stops answering; trainings that were started here save and stop first. */
  close(): Promise<void>
}

const firstPort = 8471
const portsTried = 20
const host = '127.0.0.1'

/**
 * Serves the studio on this machine alone.
 * @throws UsageError if there is no such folder, the pages are not built, or the port is taken
 */
export async function serveStudio(options: StudioOptions): Promise<StudioServer> {
  const { folder, clock, program } = options
  const root = await realpath(folder).catch((cause) => {
    throw systemFault(cause, { what: 'there is no such folder of runs', path: folder })
  })
  const pages = await realpath(options.pages).catch((cause) => {
    throw new UsageError({
      what: 'the pages of the studio are not built',
      place: options.pages,
      next: 'Run npm run build, which makes them.',
      cause,
    })
  })
  const places: Places = { '/': pages }
  for (const [beginning, mounted] of Object.entries(options.mounted ?? {})) {
    Object.assign(places, { [beginning]: await realpath(mounted) })
  }
  const token = options.token ?? process.getBuiltinModule('node:crypto').randomBytes(24).toString('base64url')
  const list = new RunList(root, clock)
  const changes = new Changes(root, list)
  const trainings = new Trainings({ root, program, clock, onEnd: (id) => changes.tell([id]) })
  const studio: Studio = { root, named: folder, list, changes, trainings }
  const guard = { port: 0, token }
  const server = createServer((request, response) => {
    answer(request, response, { studio, places, guard }).catch((error) => answerError(response, error))
  })
  guard.port = await listen(server, options.port)
  // Read while the browser opens, so that the first page waits for nothing.
  void list.scan()
  return {
    address: `http://${host}:${guard.port}/?token=${token}`,
    port: guard.port,
    token,
    going: () => trainings.going,
    async close() {
      changes.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await trainings.close()
      server.closeAllConnections()
      await closed
    },
  }
}

interface Answering {
  readonly studio: Studio
  readonly places: Places
  readonly guard: { readonly port: number; readonly token: string }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { studio, places, guard }: Answering,
): Promise<void> {
  const { method = '', headers } = request
  const url = URL.canParse(request.url ?? '', `http://${host}`)
    ? new URL(request.url ?? '', `http://${host}`)
    : undefined
  const path = url?.pathname ?? ''
  const refusal = refusalOf({ method, path, headers }, guard)
  if (refusal || !url) {
    answerJson(response, refusal?.status ?? 400, { error: refusal?.error ?? 'this is no address' })
    return
  }
  if (!path.startsWith(apiPath)) return answerAsset(request, response, places, path)
  const name = `${method} ${path.slice(apiPath.length)}`
  if (name === 'GET changes') return answerChanges(response, studio)
  if (name === 'GET file') return answerFile(response, studio, url.searchParams)
  if (!Object.hasOwn(routes, name)) {
    answerJson(response, 404, { error: `there is no ${name}` })
    return
  }
  answerJson(response, 200, await routes[name](studio, await questionOf(request, url.searchParams)))
}

/** @returns the port. @throws UsageError if the one that was named is taken, or none is free */
async function listen(server: Server, named: number | undefined): Promise<number> {
  const ports = named === undefined ? Array.from({ length: portsTried }, (_, i) => firstPort + i) : [named]
  for (const port of ports) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => {
          server.off('error', reject)
          resolve()
        })
      })
      return (server.address() as { readonly port: number }).port
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    }
  }
  throw new UsageError({
    what: named === undefined ? 'no port is free for the studio' : 'this port is taken, or not yours to use',
    got: named === undefined ? `${firstPort} to ${firstPort + portsTried - 1} are taken` : String(named),
    next: named === undefined ? 'Name another one: --port 9000.' : 'Leave --port out, or name another one.',
  })
}
