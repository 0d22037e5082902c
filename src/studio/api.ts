import { reportHtml } from '../report/index.ts'
import type { KnownRun } from '../runs/index.ts'
import { Changes } from './changes.ts'
import { KnownRuns } from './known-runs.ts'
import { StartedRuns, startForm } from './started-runs.ts'

export interface StudioApiOptions {
  /** The folder of runs. */
  readonly folder: string
  /** The command line's program, which trains. */
  readonly program: string
  /** Seconds since 1970. */
  readonly clock: () => number
}

/** Runs that one question may be about. */
const mostRuns = 100

/** Points of a curve of updates that a page gets. */
const mostPoints = 2000

/** What the pages ask, and what is answered: values that become JSON. */
export class StudioApi {
  readonly changes: Changes
  private readonly runs: KnownRuns
  private readonly started: StartedRuns
  private readonly clock: () => number

  constructor({ folder, program, clock }: StudioApiOptions) {
    this.runs = new KnownRuns(folder)
    this.changes = new Changes(this.runs)
    this.started = new StartedRuns(folder, program)
    this.clock = clock
  }

  close(): void {
    this.changes.end()
  }

  /** @returns undefined where there is nothing of this name */
  async read(path: string): Promise<unknown> {
    switch (path) {
      case 'runs':
        return { folder: this.runs.folder, rows: await this.runs.rows(), told: this.started.told() }
      case 'form':
        return startForm()
      default:
        return undefined
    }
  }

  /**
   * @returns undefined where there is nothing of this name
   * @throws SpikeletError for a question that makes no sense
   */
  async ask(path: string, question: unknown): Promise<unknown> {
    const given = (typeof question === 'object' && question !== null ? question : {}) as {
      readonly [name: string]: unknown
    }
    switch (path) {
      case 'curves':
        return (await this.chosen(given.ids)).map(({ id, run }) => curvesOf(id, run))
      case 'report': {
        const chosen = await this.chosen(given.ids)
        return { html: chosen.length === 0 ? '' : reportHtml(chosen.map(({ run }) => run.summary)) }
      }
      case 'start':
        return { id: this.started.start(given.dataset, given.options, this.freshName()) }
      case 'resume': {
        const [id] = await this.known([given.id])
        if (id === undefined) return undefined
        this.started.resume(id)
        return { id }
      }
      case 'stop': {
        const [id] = await this.known([given.id])
        if (id === undefined) return undefined
        await this.started.stop(id)
        return { id }
      }
      default:
        return undefined
    }
  }

  /** Those of the names that runs of the folder have: no other path is ever opened. */
  private async known(ids: readonly unknown[]): Promise<string[]> {
    const all = new Set(await this.runs.ids())
    return ids.filter((id): id is string => typeof id === 'string' && all.has(id))
  }

  private async chosen(ids: unknown): Promise<{ id: string; run: KnownRun }[]> {
    const known = await this.known(Array.isArray(ids) ? ids.slice(0, mostRuns) : [])
    const found = await Promise.all(known.map(async (id) => ({ id, run: await this.runs.run(id) })))
    return found.flatMap(({ id, run }) => (run ? [{ id, run }] : []))
  }

  private freshName(): string {
    const time = new Date(1000 * this.clock()).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
    return `studio-${time}`
  }
}

function curvesOf(id: string, { summary, neuron, seed }: KnownRun) {
  const { epochs, updates = [], config } = summary
  const every = Math.max(1, Math.ceil(updates.length / mostPoints))
  return {
    id,
    neuron,
    seed,
    config,
    updates: updates.filter((_, i) => i % every === 0 || i === updates.length - 1),
    epochs: epochs.map(({ epoch, trainLoss, trainAccuracy, validationAccuracy, testAccuracy, learningRate }) => ({
      ...{ epoch, trainLoss, trainAccuracy, learningRate },
      ...(validationAccuracy === undefined ? {} : { validationAccuracy }),
      ...(testAccuracy === undefined ? {} : { testAccuracy }),
    })),
  }
}
