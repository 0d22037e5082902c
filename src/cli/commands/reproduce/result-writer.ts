import { join } from 'node:path'
import { rowResults } from './outcomes.ts'
import type { PlannedExperiment } from './planned-jobs.ts'
import { usedData } from './used-data.ts'
import { type WrittenResult, writeResult } from './write-result.ts'

export interface ResultWriterOptions {
  readonly out: string
  /** The command that repeats an experiment. */
  readonly command: (planned: PlannedExperiment) => string
  readonly onResult: (result: WrittenResult) => void
}

/** Writes the result of each experiment once all its runs have ended. */
export class ResultWriter {
  readonly results: WrittenResult[] = []
  /** Messages by the keys of runs that failed. */
  readonly failures = new Map<string, string>()
  private readonly settled: Set<string>
  private readonly waiting: Set<PlannedExperiment>
  private readonly options: ResultWriterOptions

  /** @param finished keys of runs that were finished before */
  constructor(planned: readonly PlannedExperiment[], finished: Iterable<string>, options: ResultWriterOptions) {
    this.waiting = new Set(planned)
    this.settled = new Set(finished)
    this.options = options
  }

  /** A run has ended. @param failure its message, if it failed */
  async end(key: string, failure?: string): Promise<void> {
    if (failure !== undefined) this.failures.set(key, failure)
    this.settled.add(key)
    await this.writeComplete()
  }

  /** Writes what is complete and was not written before. */
  async writeComplete(): Promise<void> {
    for (const one of this.waiting) {
      const complete = one.keys.flat().every((key) => this.settled.has(key))
      // Several runs may end at once: whoever takes an experiment out of the waiting ones writes it.
      if (complete && this.waiting.delete(one)) await this.write(one)
    }
  }

  private async write(planned: PlannedExperiment): Promise<void> {
    const { out, command, onResult } = this.options
    const { experiment, request } = planned
    const folder = join(out, experiment.computed ? 'computed' : request.scale, experiment.name)
    const rows = await rowResults(planned, out, this.failures)
    const result = await writeResult(planned, rows, {
      folder,
      command: command(planned),
      data: await usedData(planned, out),
    })
    this.results.push(result)
    onResult(result)
  }
}
