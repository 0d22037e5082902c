import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../base/index.ts'
import type { RunSummary } from '../report/index.ts'
import { readRunCommand } from './folder.ts'
import { differingOption } from './identity.ts'
import { runFiles } from './run-files.ts'
import type { RunRequest } from './run-request.ts'
import { readSummary } from './summary-file.ts'

/**
 * The verdict of a run that is done; a run that was stopped goes on; any other is new.
 * @param warn hears of a verdict that cannot be used
 * @throws UsageError where the folder holds a run with other options
 */
export async function earlierRun(request: RunRequest, warn: (line: string) => void): Promise<RunRequest | RunSummary> {
  const text = await readIfThere(join(request.folder, runFiles.config))
  if (text === undefined) return request
  const earlier = await readRunCommand(request.folder)
  const other = earlier.dataset === request.dataset ? differingOption(earlier.options, request.options) : 'dataset'
  if (other !== undefined) {
    throw new UsageError({
      what: `there is a run with other options in this folder: it has another ${other}`,
      place: request.folder,
      next: 'Give the comparison another --name.',
    })
  }
  return (await readSummary(request.folder, warn)) ?? { ...request, resume: true }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
