import { makeFolder } from '../base/index.ts'
import { writeWhole } from '../base/index.ts'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FormatError, parseJson, UsageError } from '../base/index.ts'

import { recordedSchema, type TrainingOptions } from './run-settings.ts'

/** What a run's folder keeps of the command that started it: enough to go on, and to repeat it. */
export interface RunCommand {
  readonly dataset: string
  readonly options: TrainingOptions
}

const fileName = 'command.json'

export async function writeRunCommand(folder: string, command: RunCommand): Promise<void> {
  await makeFolder(folder)
  await writeWhole(join(folder, fileName), `${JSON.stringify(command, undefined, 2)}\n`)
}

/** @throws UsageError if there is no run in the folder; FormatError if its record is damaged */
export async function readRunCommand(folder: string): Promise<RunCommand> {
  const path = join(folder, fileName)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new UsageError({
      what: 'there is no run in this folder to resume',
      place: folder,
      next: "a run's folder is runs/NAME",
      cause,
    })
  }
  try {
    const { dataset, options } = parseJson(text, path) as { dataset: unknown; options: unknown }
    if (typeof dataset === 'string') return { dataset, options: recordedSchema.parse(options) }
  } catch (cause) {
    throw new FormatError({ what: 'the record of this run cannot be read', place: path, cause })
  }
  throw new FormatError({ what: 'the record of this run names no data set', place: path })
}

/** `fashion-mnist-snn5-clif-20240309-153042`, in universal time. */
export function runName(dataset: string, { model, neuron }: TrainingOptions, seconds: number): string {
  const stamp = new Date(seconds * 1000).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const parts = [dataset, model, neuron.replace(/^.*[\\/]|\.json$/g, ''), stamp]
  return parts.map((part) => part.replace(/[^\w.-]+/g, '-')).join('-')
}
