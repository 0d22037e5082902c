import { type FSWatcher, watch } from 'node:fs'
import { join } from 'node:path'
import type { RunList } from './run-list.ts'

/** Seconds between looks at the folder. Watching alone misses changes on disks of the network, and in new folders. */
const lookEvery = 1

/** What changes within this many seconds is told at once. */
const gather = 0.1

/** Folders that are watched; what happens in others is seen at the next look. */
const mostWatched = 64

type Listener = (ids: readonly string[]) => void

/** Tells listeners which runs changed. Nothing is looked at while nobody listens. */
export class Changes {
  private readonly root: string
  private readonly list: RunList
  private readonly listeners = new Set<Listener>()
  private readonly watchers = new Map<string, FSWatcher>()
  private timer: NodeJS.Timeout | undefined
  private soon: NodeJS.Timeout | undefined

  constructor(root: string, list: RunList) {
    this.root = root
    this.list = list
  }

  /** @returns ends the listening */
  listen(listener: Listener): () => void {
    this.listeners.add(listener)
    this.timer ??= setInterval(() => void this.look(), 1000 * lookEvery)
    void this.look()
    return () => {
      this.listeners.delete(listener)
      if (this.listeners.size === 0) this.close()
    }
  }

  /** Tells listeners of what no file shows, such as the end of a process. */
  tell(ids: readonly string[]): void {
    for (const listener of [...this.listeners]) listener(ids)
  }

  close(): void {
    clearInterval(this.timer)
    clearTimeout(this.soon)
    this.timer = undefined
    this.soon = undefined
    for (const watcher of this.watchers.values()) watcher.close()
    this.watchers.clear()
  }

  private async look(): Promise<void> {
    const changed = await this.list.scan()
    if (this.timer === undefined) return
    if (changed.length > 0) this.tell(changed)
    const training = this.list
      .known()
      .filter((run) => run.training)
      .map(({ id }) => id)
    this.follow(['', ...training.slice(0, mostWatched)])
  }

  /** Watches these folders, and no others. */
  private follow(ids: readonly string[]): void {
    for (const [id, watcher] of this.watchers) {
      if (ids.includes(id)) continue
      watcher.close()
      this.watchers.delete(id)
    }
    for (const id of ids) {
      if (this.watchers.has(id) || this.timer === undefined) continue
      try {
        const watcher = watch(join(this.root, ...id.split('/')), () => this.lookSoon())
        // Where the system has no more watches to give, the looks go on.
        watcher.on('error', () => watcher.close())
        this.watchers.set(id, watcher)
      } catch {
        return
      }
    }
  }

  private lookSoon(): void {
    if (this.timer === undefined) return
    this.soon ??= setTimeout(() => {
      this.soon = undefined
      void this.look()
    }, 1000 * gather)
  }
}
