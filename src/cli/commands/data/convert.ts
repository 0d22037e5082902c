import { join } from 'node:path'
import { UsageError } from '../../../base/index.ts'
import { isImageSet, openDataset } from '../../../data/index.ts'
import { cacheFolder, recordingOptions } from '../../../runs/index.ts'
import { createProgress } from '../../progress.ts'
import { exitCodes } from '../../surroundings.ts'
import type { DataAction } from './action.ts'
import { datasetOf } from './target.ts'

/** Cuts recordings into frames beforehand, so that training starts at once. */
export const convertData: DataAction = async ({ target, options, surroundings }) => {
  const name = datasetOf(target)
  if (isImageSet(name)) throw new UsageError({ what: `${name} holds images: there is nothing to convert` })
  const progress = createProgress(surroundings)
  try {
    const { env } = surroundings
    const choice = recordingOptions(name, options, progress, env)
    const { train, test, notes } = await openDataset(name, options.data ?? join('data', name), choice)
    progress.clear()
    for (const note of notes) progress.line(`${name}: ${note}`)
    const place = options.cache ?? cacheFolder(env)
    surroundings.write(`${name}: ${train.length} + ${test.length} recordings are frames in ${place}\n`)
    return exitCodes.done
  } finally {
    progress.clear()
  }
}
