import type { CsvRow } from './csv.ts'

export type RunLog = 'steps' | 'epochs'

export type RunCheckpoint = 'last' | 'best'

/** One line of a log. Numbers that JSON has no word for (NaN, Infinity) become texts. */
export type RunLine = Readonly<Record<string, unknown>>

/** Where a run leaves what it did. Whatever replaces something does so whole or not at all. */
export interface RunStore {
  /** What messages call it: a folder, or `memory`. */
  readonly place: string
  readConfig(): Promise<RunLine | undefined>
  writeConfig(config: RunLine): Promise<void>
  append(log: RunLog, line: RunLine): Promise<void>
  lines(log: RunLog): Promise<RunLine[]>
  /** Keeps the lines that a resumed run still counts on, and drops those it will write again. */
  keepLines(log: RunLog, wanted: (line: RunLine) => boolean): Promise<void>
  /** The table of epochs, whole each time. */
  writeMetrics(rows: readonly CsvRow[]): Promise<void>
  /** Curves for TensorBoard: values by tag, such as `train/loss`. */
  scalars(step: number, values: Readonly<Record<string, number>>): Promise<void>
  writeCheckpoint(name: RunCheckpoint, bytes: Uint8Array): Promise<void>
  readCheckpoint(name: RunCheckpoint): Promise<Uint8Array | undefined>
  /** Waits for what is under way. */
  close(): Promise<void>
}

/** A line as text, without its end. */
export function lineText(line: RunLine): string {
  return JSON.stringify(line, (_, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )
}

/** A run that nobody wants to keep: tests, pages, first tries. */
export class MemoryRunStore implements RunStore {
  readonly place = 'memory'
  readonly metrics: CsvRow[] = []
  readonly curves: { step: number; values: Readonly<Record<string, number>> }[] = []
  private config: string | undefined
  private readonly logs: Record<RunLog, string[]> = { steps: [], epochs: [] }
  private readonly checkpoints = new Map<RunCheckpoint, Uint8Array>()

  async readConfig(): Promise<RunLine | undefined> {
    return this.config === undefined ? undefined : JSON.parse(this.config)
  }

  async writeConfig(config: RunLine): Promise<void> {
    this.config = lineText(config)
  }

  async append(log: RunLog, line: RunLine): Promise<void> {
    this.logs[log].push(lineText(line))
  }

  async lines(log: RunLog): Promise<RunLine[]> {
    return this.logs[log].map((text) => JSON.parse(text))
  }

  async keepLines(log: RunLog, wanted: (line: RunLine) => boolean): Promise<void> {
    this.logs[log] = this.logs[log].filter((text) => wanted(JSON.parse(text)))
  }

  async writeMetrics(rows: readonly CsvRow[]): Promise<void> {
    this.metrics.splice(0, this.metrics.length, ...rows)
  }

  async scalars(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    this.curves.push({ step, values: { ...values } })
  }

  async writeCheckpoint(name: RunCheckpoint, bytes: Uint8Array): Promise<void> {
    this.checkpoints.set(name, bytes.slice())
  }

  async readCheckpoint(name: RunCheckpoint): Promise<Uint8Array | undefined> {
    return this.checkpoints.get(name)?.slice()
  }

  async close(): Promise<void> {}
}
