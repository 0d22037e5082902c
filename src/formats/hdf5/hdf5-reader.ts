import type { Worker } from 'node:worker_threads'
import { type ErrorParts, FormatError, ResourceError } from '../../base/index.ts'
import { damageAt } from '../damage.ts'
import { checkHdf5, type Hdf5Choice, type Hdf5File, readHdf5Here, usualHdf5Bytes } from './hdf5.ts'

export interface Hdf5Options extends Hdf5Choice {
  /** Milliseconds after which a file counts as damaged; default 4 s, and one more for every 2 MB. */
  readonly timeMs?: number
}

type Reply =
  | { readonly ready: true }
  | { readonly contents: Hdf5File }
  | { readonly fault: ErrorParts }
  | { readonly failed: string }

/**
 * Reads HDF5 files in a thread of its own, which is ended, and started anew, where a damaged file keeps it busy or breaks
 * it. Close it when done.
 */
export class Hdf5Reader {
  private thread: Promise<Worker> | undefined

  /** @throws FormatError if the file is damaged, holds more than the limits allow, or takes too long */
  async read(bytes: Uint8Array, file = 'HDF5 bytes', options: Hdf5Options = {}): Promise<Hdf5File> {
    checkHdf5(bytes, file)
    const { timeMs = 4000 + bytes.length / 2000, bytes: most = usualHdf5Bytes(bytes.length), ...rest } = options
    const choice = { bytes: most, ...rest }
    this.thread ??= started()
    const thread = await this.thread
    thread.postMessage({ bytes: new Uint8Array(bytes), file, choice })
    const reply = await replyOf(thread, timeMs)
    if ('contents' in reply) return reply.contents
    if ('fault' in reply) throw new FormatError(reply.fault)
    await this.close()
    throw damageAt(file, 0, {
      what: 'HDF5 file is damaged: the library that reads it came to no end',
      got: 'failed' in reply ? reply.failed : 'no contents',
    })
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    const thread = await this.thread
    this.thread = undefined
    await thread?.terminate()
  }
}

/** What a thread says next, or that it says nothing. */
function replyOf(thread: Worker, timeMs: number): Promise<Reply> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish({ failed: `nothing came in ${Math.round(timeMs)} ms` }), timeMs)
    const onError = (error: Error) => finish({ failed: error.message.slice(0, 200) })
    const onExit = () => finish({ failed: 'the reader ended' })
    const finish = (reply: Reply) => {
      clearTimeout(timer)
      thread.off('message', finish).off('error', onError).off('exit', onExit)
      resolve(reply)
    }
    thread.on('message', finish).on('error', onError).on('exit', onExit)
  })
}

/** Milliseconds in which the library must load; a busy machine takes its time. */
const loadingMs = 60_000

/** A thread that has loaded the library. @throws ResourceError if it cannot */
async function started(): Promise<Worker> {
  const { Worker } = process.getBuiltinModule('node:worker_threads')
  const thread = new Worker(new URL('./hdf5-worker.js', import.meta.url), { execArgv: [] })
  const reply = await replyOf(thread, loadingMs)
  if (!('failed' in reply)) return thread
  await thread.terminate()
  throw new ResourceError({
    what: 'the HDF5 reader did not start',
    got: reply.failed,
    next: 'From sources, build first: npm run build.',
  })
}

/**
 * Reads all of an HDF5 file: in Node in a thread of its own, in a page in the page's.
 * @throws FormatError if it is damaged, holds more than the limits allow, or takes too long
 */
export async function readHdf5(bytes: Uint8Array, file?: string, options: Hdf5Options = {}): Promise<Hdf5File> {
  if (typeof process === 'undefined') return readHdf5Here(bytes, file ?? 'HDF5 bytes', options)
  const reader = new Hdf5Reader()
  try {
    return await reader.read(bytes, file, options)
  } finally {
    await reader.close()
  }
}
