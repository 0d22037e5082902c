import {
  appendToFile,
  cutTornLine,
  makeFolder,
  parseJson,
  readIfPresent,
  removeTemporaries,
  systemFault,
  UsageError,
  writeWhole,
} from '../base/index.ts'
import {
  type CsvRow,
  csvText,
  lineText,
  type RunCheckpoint,
  type RunLine,
  type RunLog,
  type RunStore,
} from '../train/index.ts'
import { type FolderLock, lockFolder } from './lock.ts'
import { eventsPrefix, runFiles } from './run-files.ts'
import { restartRecord, scalarsRecord, versionRecord } from './tensorboard.ts'

const logs: readonly RunLog[] = ['steps', 'epochs']

export interface NodeRunStoreOptions {
  /** `new` refuses a folder that holds a run; `resume` wants one. */
  mode: 'new' | 'resume'
  /** Seconds since 1970. */
  clock(): number
  /** A lock on the folder that the caller holds, and releases. Default: the store takes one until it is closed. */
  lock?: FolderLock
}

/**
 * Opens a run's folder: config.json, steps.jsonl, epochs.jsonl, metrics.csv, events.out.tfevents..., and
 * checkpoints/last.safetensors and best.safetensors. A half line left by a killed process is cut off. Until it is closed,
 * nobody else can open it.
 * @throws UsageError if a new run's folder holds a run already, or there is none to resume; ResourceError if another
 * process works on it, or the folder cannot be written to
 */
export async function openNodeRunStore(folder: string, options: NodeRunStoreOptions): Promise<RunStore> {
  const { join } = process.getBuiltinModule('node:path')
  await checkMode(folder, options.mode)
  const lock = options.lock ? null : await lockFolder(folder)
  try {
    // Another process may have begun or ended a run in the meantime.
    if (lock) await checkMode(folder, options.mode)
    const checkpoints = join(folder, runFiles.checkpoints)
    await makeFolder(checkpoints)
    for (const one of [folder, checkpoints]) await removeTemporaries(one)
    for (const log of logs) await cutTornLine(join(folder, runFiles[log]))
    return new NodeRunStore(folder, options, lock)
  } catch (error) {
    await lock?.release()
    throw error
  }
}

async function checkMode(folder: string, mode: NodeRunStoreOptions['mode']): Promise<void> {
  const { join } = process.getBuiltinModule('node:path')
  const exists = (await readIfPresent(join(folder, runFiles.config))) !== undefined
  if (exists === (mode === 'resume')) return
  throw new UsageError({
    what: exists ? 'there is a run in this folder already' : 'there is no run in this folder to resume',
    place: folder,
    next: exists ? 'Resume it, or give the new run another name.' : 'Check the name, or start the run anew.',
  })
}

class NodeRunStore implements RunStore {
  readonly place: string
  private readonly options: NodeRunStoreOptions
  private readonly lock: FolderLock | null
  private events: string | undefined
  /** Writes happen one after the other, in the order asked for. */
  private last: Promise<unknown> = Promise.resolve()

  /** @param lock released when the store is closed */
  constructor(folder: string, options: NodeRunStoreOptions, lock: FolderLock | null) {
    this.place = folder
    this.options = options
    this.lock = lock
  }

  async readConfig(): Promise<RunLine | undefined> {
    const bytes = await readIfPresent(this.path(runFiles.config))
    return bytes && parse(new TextDecoder().decode(bytes), this.path(runFiles.config))
  }

  writeConfig(config: RunLine): Promise<void> {
    const text = JSON.stringify(JSON.parse(lineText(config)), undefined, 2)
    return this.next(() => writeWhole(this.path(runFiles.config), `${text}\n`))
  }

  append(log: RunLog, line: RunLine): Promise<void> {
    const text = `${lineText(line)}\n`
    return this.next(async () => {
      try {
        await appendToFile(this.logPath(log), text)
      } catch (error) {
        await cutTornLine(this.logPath(log)).catch(() => {}) // a full disk may have taken half of it
        throw error
      }
    })
  }

  lines(log: RunLog): Promise<RunLine[]> {
    return this.next(() => this.readLines(log))
  }

  keepLines(log: RunLog, wanted: (line: RunLine) => boolean): Promise<void> {
    return this.next(async () => {
      const lines = await this.readLines(log)
      const kept = lines.filter(wanted)
      if (kept.length === lines.length) return
      await writeWhole(this.logPath(log), kept.map((line) => `${lineText(line)}\n`).join(''))
    })
  }

  writeMetrics(rows: readonly CsvRow[]): Promise<void> {
    const text = csvText(rows)
    return this.next(() => writeWhole(this.path(runFiles.metrics), text))
  }

  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    const seconds = this.options.clock()
    const record = scalarsRecord(seconds, step, values)
    return this.next(async () => {
      this.events ??= await this.startEvents(seconds, step)
      await appendToFile(this.events, record)
    })
  }

  writeCheckpoint(name: RunCheckpoint, bytes: Uint8Array): Promise<void> {
    return this.next(() => writeWhole(this.checkpointPath(name), bytes))
  }

  readCheckpoint(name: RunCheckpoint): Promise<Uint8Array | undefined> {
    return this.next(() => readIfPresent(this.checkpointPath(name)))
  }

  async close(): Promise<void> {
    await this.last
    await this.lock?.release()
  }

  private next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work)
    this.last = done.catch(() => {}) // whoever asked for this write hears of it
    return done
  }

  private path(...parts: string[]): string {
    return process.getBuiltinModule('node:path').join(this.place, ...parts)
  }

  private logPath(log: RunLog): string {
    return this.path(runFiles[log])
  }

  private checkpointPath(name: RunCheckpoint): string {
    return this.path(runFiles[name])
  }

  private async readLines(log: RunLog): Promise<RunLine[]> {
    const path = this.logPath(log)
    const text = new TextDecoder().decode(await readIfPresent(path))
    return text
      .split('\n')
      .slice(0, -1)
      .map((line, i) => parse(line, `${path}, line ${i + 1}`))
  }

  /** Each session writes a file of its own, named by its start; a resumed one outdates what follows its first step. */
  private async startEvents(seconds: number, step: number): Promise<string> {
    const { writeFile } = process.getBuiltinModule('node:fs/promises')
    for (let session = 0; ; session++) {
      const suffix = String(session).padStart(3, '0')
      const path = this.path(`${eventsPrefix}${Math.floor(seconds)}.spikelet.${suffix}`)
      try {
        await writeFile(path, versionRecord(seconds), { flag: 'wx' })
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw systemFault(error, { path })
      }
      if (this.options.mode === 'resume') await appendToFile(path, restartRecord(seconds, step))
      return path
    }
  }
}

function parse(text: string, place: string): RunLine {
  return parseJson(text, place) as RunLine
}
