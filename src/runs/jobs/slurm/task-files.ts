import { join } from 'node:path'

/** Where a task of an array job leaves what it has to tell. */
export function taskFiles(folder: string, task: number) {
  return {
    /** How much is done, in 0..1. */
    progress: join(folder, `task-${task}.progress.json`),
    /** How it ended. */
    end: join(folder, `task-${task}.end.json`),
    /** What it wrote. */
    log: join(folder, `task-${task}.log`),
  }
}
