import { suggestion, UsageError } from '../../../base/index.ts'
import { datasetNames } from '../../../data/index.ts'
import { defineCommand } from '../../command.ts'
import type { DataAction } from './action.ts'
import { convertData } from './convert.ts'
import { getData } from './get.ts'
import { inspectData } from './inspect.ts'
import { listData } from './list.ts'
import { dataSchema } from './options.ts'
import { previewData } from './preview.ts'
import { verifyData } from './verify.ts'

const actions: { readonly [name: string]: DataAction } = {
  list: listData,
  get: getData,
  verify: verifyData,
  inspect: inspectData,
  preview: previewData,
  convert: convertData,
}

/** All that has to do with data sets and their files, before any training. */
export const dataCommand = defineCommand({
  name: 'data',
  usage: '<action> [target]',
  summary: 'Gets, checks and shows data sets and their files',
  schema: dataSchema,
  notes: [
    'Actions: list; get, verify and convert NAME; preview NAME or an event file; inspect a file or folder.',
    `Data sets: ${datasetNames.join(', ')}.`,
  ],
  examples: [
    'data list',
    'data get cifar10 --data ./cifar10',
    'data verify n-mnist --data ./n-mnist',
    'data inspect recording.aedat --json',
    'data preview n-mnist --data ./n-mnist --out preview.html',
    'data convert n-mnist --data ./n-mnist --T 10',
  ],
  async run({ positional, options, surroundings }) {
    const [name, target] = positional as [string, string | undefined]
    if (Object.hasOwn(actions, name)) return actions[name]({ target, options, surroundings })
    const known = Object.keys(actions)
    throw new UsageError({
      what: `unknown action '${name}'`,
      expected: known.join(', '),
      next: suggestion(name, known),
    })
  },
})
