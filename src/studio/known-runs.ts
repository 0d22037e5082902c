import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { findRuns, type KnownRun, nameWithin, readRun, runFiles, workerOn } from '../runs/index.ts'

/** One line of the table of runs. Shares are in 0..1; null is not known yet. */
export interface RunRow {
  /** Its folder, below the folder of all. */
  readonly id: string
  readonly data: string
  readonly network: string
  readonly neuron: string
  readonly T: number
  readonly seed: number
  readonly epochs: number
  readonly ofEpochs: number
  readonly accuracy: number | null
  readonly firingRate: number | null
  readonly seconds: number
  readonly state: 'runs' | 'finished' | 'stopped'
  /** When its files last changed, in milliseconds since 1970. */
  readonly changed: number
}

/** Files whose change is a change of the run. */
const watched = [runFiles.config, runFiles.steps, runFiles.epochs, runFiles.summary, runFiles.command]

interface Kept {
  readonly stamp: string
  readonly run: KnownRun | null
  readonly changed: number
}

/** The runs of a folder. What has not changed is not read again. */
export class KnownRuns {
  readonly folder: string
  private readonly kept = new Map<string, Kept>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** All of them; those whose files are damaged are left out. */
  async rows(): Promise<RunRow[]> {
    const rows = await Promise.all((await this.ids()).map((id) => this.row(id)))
    return rows.filter((row) => row !== null)
  }

  /** Their folders below the folder of all, as they are now. */
  async ids(): Promise<string[]> {
    const found = await findRuns(this.folder).catch(() => [])
    return found.map((run) => nameWithin(this.folder, run))
  }

  /** A run with all that its folder tells; null where there is none of this name, or it is damaged. */
  async run(id: string): Promise<KnownRun | null> {
    return (await this.look(id)).run
  }

  /** Tells one state of a run's files from the next. */
  async stamp(id: string): Promise<{ readonly stamp: string; readonly changed: number }> {
    const found = await Promise.all(watched.map((name) => stat(join(this.folder, id, name)).catch(() => null)))
    const stamp = found.map((one) => (one ? `${one.size} ${one.mtimeMs}` : '-')).join()
    return { stamp, changed: Math.max(0, ...found.map((one) => one?.mtimeMs ?? 0)) }
  }

  private async look(id: string): Promise<Kept> {
    const { stamp, changed } = await this.stamp(id)
    const earlier = this.kept.get(id)
    if (earlier?.stamp === stamp) return earlier
    const run = await readRun(join(this.folder, id), () => {}).catch(() => null)
    const made = { stamp, run, changed }
    this.kept.set(id, made)
    return made
  }

  private async row(id: string): Promise<RunRow | null> {
    const { run, changed } = await this.look(id)
    if (!run) return null
    const { final, firingRates } = run.summary
    const rates = firingRates.map(({ rate }) => rate)
    const works = !run.finished && (await workerOn(run.folder).catch(() => null)) !== null
    return {
      id,
      data: run.dataset,
      network: run.model,
      neuron: run.neuron,
      T: run.T,
      seed: run.seed,
      epochs: run.epochs,
      ofEpochs: run.ofEpochs,
      accuracy: run.finished ? final.testAccuracy : null,
      firingRate: rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length,
      seconds: run.seconds,
      state: run.finished ? 'finished' : works ? 'runs' : 'stopped',
      changed,
    }
  }
}
