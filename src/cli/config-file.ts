import { readFile } from 'node:fs/promises'
import { FormatError, parseJson, textOf, UsageError } from '../base/index.ts'
import type { ConfigFile } from './read-options.ts'

/** Options from a JSON file. @throws UsageError if it cannot be read or holds anything but an object */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const values = await readJson(file)
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
    return { file, values: values as ConfigFile['values'] }
  }
  throw new UsageError({
    what: 'a configuration file must hold one JSON object',
    place: file,
    expected: '{ "epochs": 5, ... }',
    got: JSON.stringify(values).slice(0, 60),
  })
}

/** @throws UsageError if there is no such file, or it is not JSON */
export async function readJson(file: string): Promise<unknown> {
  let text: string
  try {
    text = textOf(await readFile(file))
  } catch (cause) {
    throw new UsageError({ what: 'cannot read this file', place: file, got: (cause as Error).message, cause })
  }
  try {
    return parseJson(text, file)
  } catch (error) {
    throw error instanceof FormatError ? new UsageError({ ...error.parts, cause: error }) : error
  }
}
