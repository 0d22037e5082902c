import { lstat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { findRuns, listRun, lockHolder, type RunListing, runFiles } from '../runs/index.ts'
import { runFolder } from './run-folders.ts'

/** A run as the page lists it. */
export interface ListedRun extends Partial<RunListing> {
  /** Its way from the root, with `/` between parts. */
  readonly id: string
  /** Whether a process works on it. */
  readonly training: boolean
  /** Whether that process can be asked to stop. */
  readonly stoppable: boolean
  /** Why its record cannot be read. */
  readonly fault?: string
}

interface Known {
  readonly signature: string
  readonly listed: ListedRun
}

/** By these a change of a run is seen. */
const watched = [runFiles.config, runFiles.command, runFiles.epochs, runFiles.steps, runFiles.summary]

/** Folders that are read at once: there may be thousands, and a process may open some hundred files. */
const atOnce = 32

/** The runs below a folder; those whose files have not changed are read once. */
export class RunList {
  private readonly root: string
  private readonly clock: () => number
  private seen = new Map<string, Known>()
  private scanning: Promise<readonly string[]> | undefined

  /** @param clock seconds since 1970 */
  constructor(root: string, clock: () => number) {
    this.root = root
    this.clock = clock
  }

  /** All runs, by name. */
  async all(): Promise<ListedRun[]> {
    await this.scan()
    return this.known()
  }

  /** As they were at the last look. */
  known(): ListedRun[] {
    return [...this.seen.values()].map(({ listed }) => listed)
  }

  /** Looks at every run once more. @returns those that came, changed or went since the last time */
  scan(): Promise<readonly string[]> {
    this.scanning ??= this.look().finally(() => {
      this.scanning = undefined
    })
    return this.scanning
  }

  private async look(): Promise<readonly string[]> {
    const folders = await findRuns(this.root).catch(() => [])
    const now = new Map<string, Known>()
    const changed: string[] = []
    for (let i = 0; i < folders.length; i += atOnce) {
      const found = await Promise.all(folders.slice(i, i + atOnce).map((folder) => this.lookAt(folder)))
      for (const one of found) {
        if (!one) continue
        const { id } = one.listed
        if (this.seen.get(id) !== one) changed.push(id)
        now.set(id, one)
      }
    }
    changed.push(...[...this.seen.keys()].filter((id) => !now.has(id)))
    this.seen = now
    return changed
  }

  private async lookAt(folder: string): Promise<Known | undefined> {
    const id = relative(this.root, folder).split(sep).join('/')
    const [states, holder, inside] = await Promise.all([
      Promise.all(watched.map((name) => stateOf(join(folder, name)))),
      lockHolder(folder, this.clock()),
      // A link to a folder elsewhere is no run of this root.
      runFolder(this.root, id).then(
        () => true,
        () => false,
      ),
    ])
    if (!inside) return undefined
    const signature = [...states, holder ? `held by ${holder.pid}` : 'free'].join(' ')
    const before = this.seen.get(id)
    if (before?.signature === signature) return before
    const facts = { id, training: holder !== null, stoppable: holder?.pid != null }
    try {
      const listing = await listRun(folder)
      return listing && { signature, listed: { ...listing, ...facts } }
    } catch (error) {
      return { signature, listed: { ...facts, fault: (error as Error).message } }
    }
  }
}

async function stateOf(path: string): Promise<string> {
  return lstat(path).then(
    ({ size, mtimeMs }) => `${size}:${mtimeMs}`,
    () => '-',
  )
}
