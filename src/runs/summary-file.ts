import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Energy } from '../analysis/index.ts'
import { parseJson, writeWhole } from '../base/index.ts'
import type { RunSummary } from '../report/index.ts'
import { runFiles } from './run-files.ts'

/** JSON writes null for a number that is not finite. */
const number = z.union([z.number(), z.null().transform(() => Number.NaN)])
const numbers = z.array(number)
const matrix = z.array(numbers)

const synaptic = z.looseObject({ accumulates: number, multiplyAccumulates: number, energy: number })
const memory = z.object({
  potentials: number,
  parameters: number,
  inOut: number,
  operations: number,
  addressing: number,
})
const cost = {
  synaptic: z.looseObject({ step: synaptic.nullish(), inference: synaptic }),
  memory: z.looseObject({ step: memory.nullish(), inference: memory }),
}

/** What reports and tables read of a summary; foreign files come by copied folders. */
const schema = z.looseObject({
  name: z.string(),
  neuron: z.string(),
  model: z.string(),
  dataset: z.string(),
  command: z.string(),
  config: z.record(z.string(), z.unknown()),
  epochs: z.array(
    z.looseObject({
      epoch: number,
      trainLoss: number,
      trainAccuracy: number,
      validationLoss: number.optional(),
      validationAccuracy: number.optional(),
      testAccuracy: number.optional(),
      learningRate: number,
      imagesPerSecond: number,
    }),
  ),
  final: z.looseObject({
    testAccuracy: number,
    lastEpochTestAccuracy: number,
    bestEpoch: number,
    rule: z.string(),
    bestTestAccuracy: number.optional(),
  }),
  firingRates: z.array(z.looseObject({ layer: z.string(), rate: number })),
  gradients: z
    .object({ unit: z.string(), about: z.string(), layers: z.array(z.object({ layer: z.string(), size: matrix })) })
    .optional(),
  energy: z
    .looseObject({
      type: z.literal('energy'),
      accounting: z.enum(['corrected', 'paper']),
      network: z.string(),
      T: number,
      about: z.string(),
      assumptions: z.array(z.string()),
      layers: z.array(z.looseObject({ path: z.string(), kind: z.string(), rate: number.optional(), ...cost })),
      ...cost,
    })
    .transform((value) => value as unknown as Energy)
    .optional(),
  confusion: matrix.optional(),
  classes: z.array(z.string()).optional(),
})

/**
 * A finished run's verdict; undefined where there is none, or one that is torn or foreign: such a run counts as not
 * finished.
 * @param warn hears of a file that cannot be used
 */
export async function readSummary(folder: string, warn: (line: string) => void): Promise<RunSummary | undefined> {
  const file = join(folder, runFiles.summary)
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const found = verdictIn(text)
  if (typeof found !== 'string') return found
  warn(`${file} ${found}: the run counts as not finished`)
  return undefined
}

/** What a file's text says, or what is wrong with it. */
function verdictIn(text: string): RunSummary | string {
  if (text.trim() === '') return 'is empty'
  let value: unknown
  try {
    value = parseJson(text, runFiles.summary)
  } catch {
    return 'is torn'
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data as RunSummary
  return `is no verdict of a run (${parsed.error.issues[0].path.join('.')})`
}

export async function writeSummary(folder: string, summary: RunSummary): Promise<void> {
  await writeWhole(join(folder, runFiles.summary), `${JSON.stringify(summary)}\n`)
}
