import { ResourceError } from '../../base/index.ts'
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
  readonly checksum?: Checksum
  readonly progress?: (done: number, total: number | undefined) => void
  readonly log?: (line: string) => void
  /** Tries of one source after it dropped the connection; default 5. */
  readonly tries?: number
  /** Milliseconds without a byte after which a connection counts as dropped; default 30,000. */
  readonly stallMs?: number
  /** Milliseconds before the second try, doubled each time; default 500. */
  readonly pauseMs?: number
}

/** What became of one attempt. */
type Outcome = { readonly done: true } | { readonly done: false; readonly why: string; readonly again: boolean }

/**
 * Downloads a file. A dropped connection is taken up where it ended, by this call or, after the process was killed, by
 * the next; a source that is gone, or gives other bytes than the checksum says, is left for the next one.
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
  throw new ResourceError({
    what: 'no source gave this file',
    place: path,
    got: failures.join('\n           ') || 'no sources',
    next: 'try again later: what was downloaded is kept; or get the file in another way and put it there',
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
  const { stallMs = 30_000, progress } = options
  const { open, rm } = process.getBuiltinModule('node:fs/promises')
  const { dirname } = process.getBuiltinModule('node:path')
  const stop = new AbortController()
  let timer = setTimeout(() => stop.abort(new Error('no answer')), stallMs)
  try {
    const have = (await fileSize(part)) ?? 0
    const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : {}
    const response = await fetch(url, { headers: { ...headers, 'accept-encoding': 'identity' }, signal: stop.signal })
    if (response.status === 416) {
      await response.body?.cancel()
      // Nothing is left to send: what is here is whole, or not what the source has. The checksum tells.
      const total = Number(/\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1])
      if (total === have) return { done: true }
      await rm(part, { force: true })
      return { done: false, why: 'the source has fewer bytes than are here', again: true }
    }
    if (!response.ok || !response.body) {
      await response.body?.cancel()
      const again = response.status === 429 || response.status >= 500
      return { done: false, why: `${response.status} ${response.statusText}`.trim(), again }
    }
    const resumed = response.status === 206 && rangeStart(response) === have
    const first = resumed ? have : 0
    const length = response.headers.get('content-length')
    const total = length === null ? undefined : first + Number(length)
    if (total !== undefined) await checkDiskSpace(dirname(part), total - first)
    const file = await open(part, resumed ? 'a' : 'w')
    let done = first
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        clearTimeout(timer)
        timer = setTimeout(() => stop.abort(new Error('no more bytes')), stallMs)
        await file.writeFile(chunk)
        done += chunk.length
        progress?.(done, total)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    if (total !== undefined && done !== total)
      return { done: false, why: `${done} of ${total} bytes came`, again: true }
    return { done: true }
  } catch (cause) {
    if (cause instanceof ResourceError) throw cause
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') throw cause
    return { done: false, why: reasonOf(stop.signal.aborted ? stop.signal.reason : cause), again: true }
  } finally {
    clearTimeout(timer)
  }
}

function rangeStart(response: Response): number | undefined {
  const found = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')
  return found ? Number(found[1]) : undefined
}

/** `fetch failed` says little; what caused it says more. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
