import { ResourceError, sizeText, systemFault } from '../../base/index.ts'
import { checkDiskSpace, fileHash, fileSize, type HashName } from './disk.ts'

export interface Checksum {
  readonly algorithm: HashName
  /** Hexadecimal. */
  readonly value: string
}

export interface DownloadOptions {
  /** Tried in turn. */
  readonly urls: readonly string[]
  /** Where the file will lie; until it is whole and right, `path.part` does. */
  readonly path: string
  /** Where errors say that a person may put the file; default: `path`. */
  readonly place?: string
  readonly checksum?: Checksum
  /** Bytes that the file begins with; another answer, such as a login page, is no such file. */
  readonly begins?: readonly number[]
  /** Bytes after which a source is given up; default 2^32. */
  readonly limitBytes?: number
  readonly progress?: (done: number, total: number | undefined) => void
  readonly log?: (line: string) => void
  /** Tries of one source after it dropped the connection; default 5. */
  readonly tries?: number
  /** Milliseconds without a byte after which a connection counts as dropped; default 30,000. */
  readonly stallMs?: number
  /** Milliseconds before the second try, doubled each time; default 500. */
  readonly pauseMs?: number
}

/** No address gave a file; the disk and the network of this machine may be as they should. */
export class NoSourceError extends ResourceError {
  override name = 'NoSourceError'
}

/** Where a recipe tells no size, a source may send so much. */
const usualLimit = 2 ** 32

/** What became of one attempt. */
type Outcome = { readonly done: true } | { readonly done: false; readonly why: string; readonly again: boolean }

/**
 * Downloads a file. A dropped connection is taken up where it ended, by this call or, after the process was killed, by
 * the next; a source that is gone, gives a page or nothing in place of the file, sends more than the limit, or gives
 * other bytes than the checksum says, is left for the next one.
 * @throws ResourceError if no source gave the file, with what each of them did; or if the disk is too small
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { urls, path, checksum, log = () => {}, tries = 5, pauseMs = 500 } = options
  const { rename, rm } = process.getBuiltinModule('node:fs/promises')
  if ((await fileSize(path)) !== undefined && (await fits(path, checksum))) return
  const part = `${path}.part`
  const failures: string[] = []
  for (const url of urls) {
    // Twice: bytes of another source, or of a file that changed meanwhile, may lie in what is there.
    for (let round = 0; round < 2; round++) {
      const had = (await fileSize(part)) ?? 0
      const outcome = await fromSource(url, part, { ...options, tries, pauseMs, log })
      if (!outcome.done) {
        failures.push(`${url}: ${outcome.why}`)
        break
      }
      if (await fits(part, checksum)) {
        await rename(part, path)
        return
      }
      await rm(part, { force: true })
      failures.push(`${url}: bytes with a wrong ${checksum?.algorithm}`)
      log(
        `${url}: wrong ${checksum?.algorithm}; ${had > 0 && round === 0 ? 'starting over' : 'the bytes were dropped'}`,
      )
      if (had === 0) break
    }
  }
  throw new NoSourceError({
    what: 'no source gave this file',
    place: options.place ?? path,
    got: failures.join('\n           ') || 'no sources',
    next: 'Try again later: what was downloaded is kept. Or get the file in another way, and put it there.',
  })
}

async function fits(path: string, checksum: Checksum | undefined): Promise<boolean> {
  return checksum === undefined || (await fileHash(path, checksum.algorithm)) === checksum.value
}

async function fromSource(
  url: string,
  part: string,
  options: DownloadOptions & Required<Pick<DownloadOptions, 'tries' | 'pauseMs' | 'log'>>,
): Promise<Outcome> {
  const { tries, pauseMs, log } = options
  let outcome: Outcome = { done: false, why: 'not tried', again: true }
  for (let attempt = 0; attempt < tries; attempt++) {
    if (attempt > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs * 2 ** (attempt - 1)))
    outcome = await attemptOnce(url, part, options)
    if (outcome.done || !outcome.again) return outcome
    log(`${url}: ${outcome.why}; ${attempt + 1 < tries ? 'going on from there' : 'given up'}`)
  }
  return outcome
}

async function attemptOnce(url: string, part: string, options: DownloadOptions): Promise<Outcome> {
  const { stallMs = 30_000 } = options
  const { rm } = process.getBuiltinModule('node:fs/promises')
  const stop = new AbortController()
  const watch = { timer: setTimeout(() => stop.abort(new Error('no answer')), stallMs) }
  const alive = () => {
    clearTimeout(watch.timer)
    watch.timer = setTimeout(() => stop.abort(new Error('no more bytes')), stallMs)
  }
  try {
    const have = (await fileSize(part)) ?? 0
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {}
    const response = await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity' }, signal: stop.signal })
    const refusal = await refusalOf(response, part, have)
    if (refusal) {
      await response.body?.cancel()
      return refusal
    }
    return await receive(response, part, have, { ...options, alive })
  } catch (cause) {
    const fault = systemFault(cause, { what: 'a download cannot be written', path: part })
    if (fault instanceof ResourceError) throw fault
    return { done: false, why: reasonOf(stop.signal.aborted ? stop.signal.reason : cause), again: true }
  } finally {
    clearTimeout(watch.timer)
  }

  /** Why an answer is no file, or no part of it; 416 may also say that all of it is here. */
  async function refusalOf(response: Response, path: string, have: number): Promise<Outcome | undefined> {
    const { status, statusText } = response
    if (status === 416 && have > 0) {
      // Nothing is left to send: what is here is whole, or not what the source has. The checksum tells.
      if (rangeOf(response).total === have) return { done: true }
      await rm(path, { force: true })
      return { done: false, why: 'the source has fewer bytes than are here', again: true }
    }
    if (status === 206 && (have === 0 || rangeOf(response).start !== have)) {
      await rm(path, { force: true })
      return { done: false, why: 'another part of the file came than was asked for', again: have > 0 }
    }
    if ((status === 200 || status === 206) && response.body) return undefined
    const again = status === 429 || status >= 500
    return { done: false, why: `${status} ${statusText}`.trim() + (status < 300 ? ', no file' : ''), again }
  }
}

/** Writes what comes behind what is there already. */
async function receive(
  response: Response,
  part: string,
  have: number,
  options: DownloadOptions & { readonly alive: () => void },
): Promise<Outcome> {
  const { begins = [], limitBytes = usualLimit, progress, alive } = options
  const { open, rm } = process.getBuiltinModule('node:fs/promises')
  const { dirname } = process.getBuiltinModule('node:path')
  const first = response.status === 206 ? have : 0
  const length = response.headers.get('content-length')
  const total = rangeOf(response).total ?? (length === null ? undefined : first + Number(length))
  const tooMuch = { done: false, why: `more than ${sizeText(limitBytes)} would come`, again: false } as const
  if (total !== undefined && total > limitBytes) {
    await response.body?.cancel()
    return tooMuch
  }
  if (total !== undefined) await checkDiskSpace(dirname(part), total - first)
  let file: Awaited<ReturnType<typeof open>> | undefined
  let [done, head] = [first, new Uint8Array(0)]
  const write = async (chunk: Uint8Array) => {
    file ??= await open(part, first > 0 ? 'a' : 'w')
    await file.writeFile(chunk)
    done += chunk.length
    progress?.(done, total)
  }
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      alive()
      if (done + head.length + chunk.length > limitBytes) {
        await rm(part, { force: true })
        return tooMuch
      }
      if (done > 0) await write(chunk)
      else {
        // The first bytes tell a page from the file: nothing is written before they are there.
        head = Uint8Array.from([...head, ...chunk])
        if (head.length < headLength) continue
        const other = otherThan(begins, head, response)
        if (other) return other
        await write(head)
        head = new Uint8Array(0)
      }
    }
    const other = head.length > 0 ? otherThan(begins, head, response) : undefined
    if (other) return other
    if (head.length > 0) await write(head)
    await file?.sync()
  } finally {
    await file?.close()
  }
  if (done === 0) return { done: false, why: 'an empty answer', again: false }
  if (total === undefined || done === total) return { done: true }
  return { done: false, why: `${done} of ${total} bytes came`, again: true }
}

/** Bytes that tell what a file is. */
const headLength = 64

/** Why these are not the first bytes of the file that was asked for. */
function otherThan(begins: readonly number[], head: Uint8Array, response: Response): Outcome | undefined {
  const start = String.fromCharCode(...head.subarray(0, headLength)).trimStart()
  const type = response.headers.get('content-type') ?? ''
  const isPage = /^text\/html\b/i.test(type) || /^<(!doctype\s+html|html|head|\?xml)\b/i.test(start)
  if (begins.every((byte, i) => head[i] === byte) && !isPage) return undefined
  const why = isPage ? 'a web page came in place of the file' : 'other bytes came than such a file begins with'
  return { done: false, why, again: false }
}

/** What a part says of itself: its first byte, and the bytes of the whole. */
function rangeOf(response: Response): { start?: number; total?: number } {
  const range = response.headers.get('content-range') ?? ''
  const [start, total] = [/^bytes (\d+)-/.exec(range)?.[1], /\/(\d+)$/.exec(range)?.[1]]
  return { ...(start ? { start: Number(start) } : {}), ...(total ? { total: Number(total) } : {}) }
}

/** `fetch failed` says little; what caused it says more. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
