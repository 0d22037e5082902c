import { UsageError } from '../base/index.ts'
import { readJson } from '../runs/index.ts'
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
