import { suggestion, UsageError } from '../../../base/index.ts'
import { datasetNames } from '../../../data/index.ts'

/** @throws UsageError if the name is missing or that of no data set */
export function datasetOf(name: string | undefined): string {
  if (name !== undefined && (datasetNames as readonly string[]).includes(name)) return name
  throw new UsageError({
    what: name === undefined ? 'the data set is missing' : `unknown data set '${name}'`,
    expected: datasetNames.join(', '),
    next: name === undefined ? undefined : suggestion(name, datasetNames),
  })
}
