import type { Backend } from '../backends/index.ts'
import type { Datasets } from '../data/index.ts'
import type { Ranks } from '../train/index.ts'
import type { RunCommand } from './folder.ts'
import type { FolderLock } from './lock.ts'

/** One run as commands ask for it. */
export interface RunRequest extends RunCommand {
  readonly folder: string
  readonly datasets: Datasets
  readonly backend: Backend
  readonly resume: boolean
  /** The processes that train together, of which rank 0 keeps the run. Default: this one alone. */
  readonly ranks?: Ranks | null
  /** What the progress bar calls it. */
  readonly label: string
  /** On the folder, held and released by who asks. Default: the run takes one of its own. */
  readonly lock?: FolderLock
  /** The command that repeats it. Default: made from the options. */
  readonly repeat?: string
}
