import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { FormatError, parseJson, readIfPresent } from '../base/index.ts'
import { type Measure, measureIn } from '../losses/index.ts'
import { inwardNames, type RunLine } from '../train/index.ts'
import { readRunCommand, readRunConfig } from './folder.ts'
import { decidingOptions } from './identity.ts'
import { neuronIn } from './read-run.ts'
import { runFiles } from './run-files.ts'
import { settingNamed, standardOf } from './run-settings.ts'

/** A run in one line: what a list of hundreds needs, and can be read in milliseconds. */
export interface RunListing {
  readonly dataset: string
  readonly model: string
  readonly neuron: string
  readonly T: number
  readonly seed: number
  /** Epochs that are done, and how many there shall be. */
  readonly epochs: number
  readonly ofEpochs: number
  readonly finished: boolean
  readonly measure: Measure
  /** Of test samples, after the epoch that the run chose; null of one that is not finished. */
  readonly accuracy: number | null
  readonly bestEpoch: number | null
  /** After the last epoch that is done; null before the first, and where no samples were kept apart for it. */
  readonly validationAccuracy: number | null
  readonly trainLoss: number | null
  /** The mean over layers; null where nobody counted. */
  readonly firingRate: number | null
  /** Seconds of training, without judging. */
  readonly seconds: number
  /** Options that are not as by default and decide numbers. */
  readonly options: { readonly [name: string]: unknown }
}

const rates = z.array(z.looseObject({ rate: z.number() })).catch([])

const verdict = z.looseObject({
  neuron: z.string(),
  epochs: z.array(z.unknown()),
  final: z.looseObject({ testAccuracy: z.number().nullish(), bestEpoch: z.number() }),
  firingRates: rates,
})

const lastEpoch = z.looseObject({
  trainLoss: z.number().nullable().catch(null),
  validationAccuracy: z.number().nullable().catch(null),
  firingRates: rates,
})

/**
 * A run's line, without reading its updates and without checking what only its report shows.
 * @returns undefined where the folder holds no run
 * @throws FormatError if its record is damaged
 */
export async function listRun(folder: string): Promise<RunListing | undefined> {
  const config = await readRunConfig(folder)
  if (!config) return undefined
  const [text, epochs, command] = await Promise.all([
    readFile(join(folder, runFiles.summary), 'utf8').catch(() => ''),
    epochsIn(folder),
    readRunCommand(folder).catch(() => undefined),
  ])
  const { T, seed, epochs: ofEpochs, model } = config
  const dataset = (config.dataset as { name?: unknown } | undefined)?.name
  if (typeof dataset !== 'string' || typeof T !== 'number' || typeof ofEpochs !== 'number') {
    throw new FormatError({ what: 'the record of this run cannot be read', place: join(folder, runFiles.config) })
  }
  const found = verdictIn(text)
  // A run that goes on for more epochs has a verdict on fewer until it is finished again.
  const known = found && epochs.count <= found.epochs.length ? found : undefined
  const firing = (known ?? epochs.last)?.firingRates ?? []
  return {
    dataset,
    model: String(model),
    neuron: known?.neuron ?? command?.options.neuron ?? neuronIn(config.network) ?? 'none',
    T,
    seed: Number(seed),
    epochs: epochs.count,
    ofEpochs,
    finished: known !== undefined,
    measure: measureIn(config),
    accuracy: known?.final.testAccuracy ?? null,
    bestEpoch: known?.final.bestEpoch ?? null,
    validationAccuracy: epochs.last?.validationAccuracy ?? null,
    trainLoss: epochs.last?.trainLoss ?? null,
    firingRate: firing.length === 0 ? null : firing.reduce((sum, { rate }) => sum + rate, 0) / firing.length,
    seconds: epochs.seconds,
    options: command ? chosen(decidingOptions(command.options)) : {},
  }
}

function verdictIn(text: string): z.infer<typeof verdict> | undefined {
  try {
    const value = parseJson(text, runFiles.summary) as RunLine
    return verdict.safeParse({ ...value, final: inwardNames(value.final as RunLine) }).data
  } catch {
    return undefined
  }
}

/** How many epochs are done, what they took, and the last one. Only that is parsed: a run may have hundreds. */
async function epochsIn(folder: string) {
  const text = new TextDecoder().decode((await readIfPresent(join(folder, runFiles.epochs))) ?? new Uint8Array())
  // What stands behind the last line end is torn, or still being written.
  const lines = text.split('\n').slice(0, -1)
  const last = lines.length === 0 ? undefined : parseJson(lines[lines.length - 1], join(folder, runFiles.epochs))
  return {
    count: lines.length,
    seconds: lines.reduce((sum, line) => sum + Number(/"seconds":([\d.eE+-]+)/.exec(line)?.[1] ?? 0), 0),
    last: last === undefined ? undefined : lastEpoch.safeParse(inwardNames(last as RunLine)).data,
  }
}

function chosen(options: { readonly [name: string]: unknown }): { readonly [name: string]: unknown } {
  return Object.fromEntries(
    Object.entries(options).filter(([name, value]) => {
      const row = settingNamed(name)
      return row && JSON.stringify(value) !== JSON.stringify(standardOf(row))
    }),
  )
}
