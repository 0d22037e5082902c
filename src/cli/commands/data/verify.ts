import { join } from 'node:path'
import { counted } from '../../../base/index.ts'
import { recipes, verifyFiles, verifyKnown } from '../../../data/index.ts'
import { createProgress } from '../../progress.ts'
import { exitCodes } from '../../surroundings.ts'
import type { DataAction } from './action.ts'
import { readingOf } from './action.ts'
import { inspectedFolder } from './inspect.ts'
import { datasetOf } from './target.ts'

/** Compares files with what was downloaded, or was published, and reads all of the data set. */
export const verifyData: DataAction = async ({ target, options, surroundings }) => {
  const name = datasetOf(target)
  const folder = options.data ?? join('data', name)
  const progress = createProgress(surroundings)
  try {
    const compared = await verifyFiles(folder, (done, total) => progress.update({ label: 'comparing', done, total }))
    const known = compared || !Object.hasOwn(recipes, name) ? [] : await verifyKnown(recipes[name], folder)
    const { train, test, notes } = await inspectedFolder(name, folder, readingOf(options), progress)
    progress.clear()
    const lines = [
      compared
        ? `as downloaded: ${counted(compared.files, 'file')}`
        : known.length > 0
          ? `as published: ${known.join(', ')}`
          : 'no published checksums for these files: they were read, and are whole',
      `${name}: ${train.records} training and ${test.records} test records can be read`,
      ...notes,
    ]
    surroundings.write(`${lines.join('\n')}\n`)
    return exitCodes.done
  } finally {
    progress.clear()
  }
}
