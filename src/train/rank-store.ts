import type { CsvRow } from './csv.ts'
import type { Ranks } from './ranks.ts'
import type { RunCheckpoint, RunLine, RunLog, RunStore } from './run-store.ts'

/**
 * The run store of one rank of several. What is written goes to the store of rank 0 alone; what is read there is sent to all,
 * so that no folder need be shared.
 */
export class RankStore implements RunStore {
  private readonly own: RunStore
  private readonly ranks: Ranks

  constructor(own: RunStore, ranks: Ranks) {
    this.own = own
    this.ranks = ranks
  }

  get place(): string {
    return this.own.place
  }

  async readConfig(): Promise<RunLine | undefined> {
    const config = this.first ? await this.own.readConfig() : undefined
    const bytes = this.ranks.broadcast(config && new TextEncoder().encode(JSON.stringify(config)))
    return bytes && JSON.parse(new TextDecoder().decode(bytes))
  }

  async writeConfig(config: RunLine): Promise<void> {
    if (this.first) await this.own.writeConfig(config)
  }

  async append(log: RunLog, line: RunLine): Promise<void> {
    if (this.first) await this.own.append(log, line)
  }

  async lines(log: RunLog): Promise<RunLine[]> {
    return this.first ? this.own.lines(log) : []
  }

  async keepLines(log: RunLog, wanted: (line: RunLine) => boolean): Promise<void> {
    if (this.first) await this.own.keepLines(log, wanted)
  }

  async writeMetrics(rows: readonly CsvRow[]): Promise<void> {
    if (this.first) await this.own.writeMetrics(rows)
  }

  async scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    if (this.first) await this.own.scalars(step, values)
  }

  async writeCheckpoint(name: RunCheckpoint, bytes: Uint8Array): Promise<void> {
    if (this.first) await this.own.writeCheckpoint(name, bytes)
  }

  async readCheckpoint(name: RunCheckpoint): Promise<Uint8Array | undefined> {
    return this.ranks.broadcast(this.first ? await this.own.readCheckpoint(name) : undefined)
  }

  close(): Promise<void> {
    return this.own.close()
  }

  private get first(): boolean {
    return this.ranks.rank === 0
  }
}
