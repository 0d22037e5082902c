import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FormatError, makeFolder, parseJson, readIfPresent, UsageError, writeWhole } from '../base/index.ts'
import { type EpochRecord, inwardNames, type RunLine } from '../train/index.ts'
import { runFiles } from './run-files.ts'
import { presentSpellings, recordedSchema, type TrainingOptions } from './run-settings.ts'

/** What a run's folder keeps of what began it: enough to go on, and to repeat it. */
export interface RunCommand {
  readonly dataset: string
  readonly options: TrainingOptions
  /** Present where a program began it, with `train`. */
  readonly program?: ProgramPart
}

/** What a program's run has that no command line can say. */
export interface ProgramPart {
  /** Settings that only the program knows, such as its own loss: without it such a run cannot go on. */
  readonly own: readonly string[]
}

export async function writeRunCommand(folder: string, command: RunCommand): Promise<void> {
  await makeFolder(folder)
  await writeWhole(join(folder, runFiles.command), `${JSON.stringify(command, undefined, 2)}\n`)
}

/** @throws UsageError if there is no run in the folder; FormatError if its record is damaged */
export async function readRunCommand(folder: string): Promise<RunCommand> {
  const path = join(folder, runFiles.command)
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new UsageError({
      what: 'there is no run in this folder to resume',
      place: folder,
      next: "A run's folder is runs/NAME.",
      cause,
    })
  }
  try {
    const { dataset, options, program } = parseJson(text, path) as { [name: string]: unknown }
    const part = programSchema.parse(program)
    if (typeof dataset === 'string')
      return {
        dataset,
        options: recordedSchema.parse(presentSpellings(options as RunLine)),
        ...(part ? { program: part } : {}),
      }
  } catch (cause) {
    throw new FormatError({ what: 'the record of this run cannot be read', place: path, cause })
  }
  throw new FormatError({ what: 'the record of this run names no data set', place: path })
}

const programSchema = z.object({ own: z.array(z.string()) }).optional()

/** What a run was begun with; undefined where the folder holds none. @throws FormatError if it is damaged */
export async function readRunConfig(folder: string): Promise<RunLine | undefined> {
  const path = join(folder, runFiles.config)
  const bytes = await readIfPresent(path)
  return bytes && (parseJson(new TextDecoder().decode(bytes), path) as RunLine)
}

/** What a finished epoch of a run left; of a run that is under way, a torn last line is left out. */
export async function readEpochs(folder: string): Promise<EpochRecord[]> {
  return (await linesOf(join(folder, runFiles.epochs))).map(
    (line) => withNumbers(inwardNames(line)) as unknown as EpochRecord,
  )
}

/** Most points of a curve by update. */
const mostUpdates = 500

/** Updates with their training loss; thinned out evenly where there are many. */
export async function readUpdates(folder: string): Promise<[update: number, loss: number][]> {
  const points = (await linesOf(join(folder, runFiles.steps))).flatMap(({ update, loss }): [number, number][] =>
    typeof update === 'number' && typeof loss === 'number' ? [[update, loss]] : [],
  )
  const every = Math.ceil(points.length / mostUpdates)
  return points.filter((_, i) => i % every === 0 || i === points.length - 1)
}

/** Whole lines of a log; none where there is no such file. */
async function linesOf(path: string): Promise<RunLine[]> {
  const text = new TextDecoder().decode((await readIfPresent(path)) ?? new Uint8Array())
  return text
    .split('\n')
    .slice(0, -1)
    .map((line, i) => parseJson(line, `${path}, line ${i + 1}`) as RunLine)
}

/** Numbers that JSON has no word for stand as texts in the logs. */
function withNumbers(line: RunLine): RunLine {
  const unwritable = (value: unknown) => typeof value === 'string' && /^(NaN|-?Infinity)$/.test(value)
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => [name, unwritable(value) ? Number(value) : value]),
  )
}

/** `fashion-mnist-snn5-clif-20240309-153042`, in universal time. */
export function runName(
  dataset: string,
  { model, neuron }: Pick<TrainingOptions, 'model' | 'neuron'>,
  seconds: number,
): string {
  const stamp = new Date(seconds * 1000).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  const parts = [dataset, model, neuron.replace(/^.*[\\/]|\.json$/g, ''), stamp]
  return parts.map((part) => part.replace(/[^\w.-]+/g, '-')).join('-')
}
