import { readFile } from 'node:fs/promises'
import { FormatError, parseJson, textOf, UsageError } from '../base/index.ts'

/** What a JSON file that a person named holds. @throws UsageError if there is no such file, or it is not JSON */
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
