import { type FSWatcher, watch } from 'node:fs'
import type { KnownRuns } from './known-runs.ts'

/** Seconds between two looks at all runs: what a watched folder does not tell, on a network disk say. */
const lookEvery = 2

/** Tells listeners which runs changed. It looks only while somebody listens. */
export class Changes {
  private readonly runs: KnownRuns
  private readonly listeners = new Set<(ids: readonly string[]) => void>()
  private readonly stamps = new Map<string, string>()
  private timer: NodeJS.Timeout | undefined
  private watcher: FSWatcher | undefined
  private looking = false

  constructor(runs: KnownRuns) {
    this.runs = runs
  }

  /** @returns ends the listening */
  listen(listener: (ids: readonly string[]) => void): () => void {
    this.listeners.add(listener)
    if (this.listeners.size === 1) this.begin()
    return () => {
      this.listeners.delete(listener)
      if (this.listeners.size === 0) this.end()
    }
  }

  end(): void {
    clearInterval(this.timer)
    this.watcher?.close()
    this.watcher = undefined
  }

  private begin(): void {
    this.timer = setInterval(() => void this.look(), 1000 * lookEvery)
    this.timer.unref()
    try {
      let waiting = false
      this.watcher = watch(this.runs.folder, { recursive: true }, () => {
        if (waiting) return
        waiting = true
        setTimeout(() => {
          waiting = false
          void this.look()
        }, 200).unref()
      })
      this.watcher.on('error', () => this.watcher?.close())
    } catch {
      // A folder that cannot be watched, or is not there yet, is looked at.
    }
    void this.look()
  }

  private async look(): Promise<void> {
    if (this.looking) return
    this.looking = true
    try {
      const ids = await this.runs.ids()
      const changed: string[] = []
      for (const id of ids) {
        const { stamp } = await this.runs.stamp(id)
        if (this.stamps.get(id) !== stamp) changed.push(id)
        this.stamps.set(id, stamp)
      }
      const gone = [...this.stamps.keys()].filter((id) => !ids.includes(id))
      for (const id of gone) this.stamps.delete(id)
      const all = [...changed, ...gone]
      if (all.length > 0) for (const listener of [...this.listeners]) listener(all)
    } catch {
      // The folder went in the middle: the next look tells.
    } finally {
      this.looking = false
    }
  }
}
