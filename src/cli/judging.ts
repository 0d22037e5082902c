import type { JudgeSurroundings } from '../runs/index.ts'
import { createProgress } from './progress.ts'
import type { Surroundings } from './surroundings.ts'

/** A terminal as a judge needs it: a bar while recordings are converted, notes to standard error. */
export function judging(surroundings: Surroundings): JudgeSurroundings {
  return {
    env: surroundings.env,
    clock: surroundings.clock,
    progress: createProgress(surroundings),
    note: (line) => surroundings.writeError(`${line}\n`),
  }
}
