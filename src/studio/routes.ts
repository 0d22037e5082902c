import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { UsageError } from '../base/index.ts'
import type { EpochSummary } from '../report/index.ts'
import { epochSummary, readEpochs, readRun } from '../runs/index.ts'
import { bodyOf, safeHeaders } from './answers.ts'
import type { Changes } from './changes.ts'
import { trainForm } from './form.ts'
import { runFile, runFolder } from './run-folders.ts'
import type { RunList } from './run-list.ts'
import { openSweeps } from './sweeps.ts'
import type { Trainings } from './trainings.ts'

/** What the routes answer from. */
export interface Studio {
  /** A real path. */
  readonly root: string
  /** The folder as its user named it. */
  readonly named: string
  readonly list: RunList
  readonly changes: Changes
  readonly trainings: Trainings
}

/** Asks and answers of one path: a value that becomes JSON. */
type Route = (studio: Studio, asked: { readonly [name: string]: unknown }) => Promise<unknown>

/** Runs whose epochs are sent at once. */
const mostCurves = 1000

/** By method and name below `/api/`. GET reads its question from the query, POST from the body. */
export const routes: { readonly [name: string]: Route } = {
  'GET runs': async ({ root, named, list, trainings }) => {
    const [runs, sweeps] = await Promise.all([list.all(), openSweeps(root)])
    return { folder: named, runs, started: trainings.all(), sweeps }
  },

  'GET run': async ({ root }, { id }) => {
    const warnings: string[] = []
    const { summary } = await readRun(await runFolder(root, id), (line) => warnings.push(line))
    return { id, summary: { ...summary, name: id }, warnings }
  },

  // Asked with a body, since the names of hundreds of runs do not fit into an address.
  'POST curves': async ({ root }, { ids }) => {
    if (!Array.isArray(ids) || ids.length > mostCurves) {
      throw new UsageError({ what: 'ids are a list of runs', expected: `at most ${mostCurves}` })
    }
    const curves: [id: string, epochs: readonly EpochSummary[]][] = []
    for (const id of ids) {
      const epochs = await readEpochs(await runFolder(root, id))
      curves.push([String(id), epochs.map(epochSummary)])
    }
    return Object.fromEntries(curves)
  },

  'GET form': async () => trainForm(),

  'POST start': async ({ trainings }, asked) => ({ id: await trainings.start(asked) }),

  'POST sweep': async ({ trainings }, asked) => ({ id: await trainings.startSweep(asked) }),

  'POST resume-sweep': async ({ trainings }, { id }) => {
    await trainings.resumeSweep(id)
    return { id }
  },

  'POST stop': async ({ trainings }, { id }) => {
    await trainings.stop(id)
    return { id }
  },

  'POST resume': async ({ trainings }, { id, epochs }) => {
    await trainings.resume(id, epochs)
    return { id }
  },
}

/** The question of a request. @throws UsageError for a body that is none */
export async function questionOf(
  request: IncomingMessage,
  query: URLSearchParams,
): Promise<{ readonly [name: string]: unknown }> {
  return request.method === 'POST' ? bodyOf(request) : Object.fromEntries(query)
}

/** Lines of JSON, one whenever runs changed, each a list of their ids; until the page goes. */
export function answerChanges(response: ServerResponse, { changes }: Studio): void {
  response.writeHead(200, { ...safeHeaders, 'Content-Type': 'application/x-ndjson', 'Cache-Control': 'no-store' })
  response.write('[]\n')
  const end = changes.listen((ids) => {
    // A page that does not read, such as one asleep, has nothing kept for it: it asks for the list again anyway.
    if (!response.writableNeedDrain) response.write(`${JSON.stringify(ids)}\n`)
  })
  response.on('close', end)
}

/** One file of a run, such as a checkpoint, as bytes. */
export async function answerFile(response: ServerResponse, { root }: Studio, query: URLSearchParams): Promise<void> {
  const path = await runFile(root, query.get('id'), query.get('file'))
  const { size } = await stat(path)
  response.writeHead(200, {
    ...safeHeaders,
    'Content-Type': 'application/octet-stream',
    'Content-Disposition': 'attachment',
    'Content-Length': size,
    'Cache-Control': 'no-store',
  })
  // No more than was promised, of a file that grows.
  if (size === 0) response.end()
  else await pipeline(createReadStream(path, { end: size - 1 }), response)
}
