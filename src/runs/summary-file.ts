import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Energy } from '../analysis/index.ts'
import { parseJson, writeWhole } from '../base/index.ts'
import { measureIn } from '../losses/index.ts'
import type { RunSummary } from '../report/index.ts'
import { inwardNames, outwardNames, type RunLine } from '../train/index.ts'
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

const count = z.int().min(0)

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
      // Version 0.1 called it paper.
      accounting: z.preprocess((name) => (name === 'paper' ? 'clif-2024' : name), z.enum(['corrected', 'clif-2024'])),
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
  network: z
    .array(
      z.object({ path: z.string(), type: z.string(), output: z.array(z.number()), parameters: count, neurons: count }),
    )
    .optional(),
  raster: z
    .object({
      type: z.literal('raster'),
      T: count,
      about: z.string(),
      panels: z.array(
        z
          .object({
            name: z.string(),
            spikes: z.array(z.array(count)),
            neurons: count,
            silent: count,
            membrane: z
              .object({
                name: z.string(),
                neuron: count,
                potential: numbers,
                threshold: numbers,
              })
              .optional(),
          })
          .refine(({ membrane, spikes }) => !membrane || spikes[membrane.neuron] !== undefined),
      ),
    })
    .optional(),
  confused: z
    .array(
      z.object({
        index: count,
        truth: z.string(),
        taken: z.string(),
        width: count,
        height: count,
        png: z.string().regex(/^[A-Za-z0-9+/=]*$/),
      }),
    )
    .optional(),
  updates: z.array(z.tuple([z.number(), z.number()])).optional(),
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
  const parsed = schema.safeParse(isObject(value) ? withNames(value, inwardNames) : value)
  if (parsed.success) return parsed.data as RunSummary
  return `is no verdict of a run (${parsed.error.issues[0].path.join('.')})`
}

/** A summary whose epochs and verdict are named as files, or as programs, have them. */
function withNames(summary: RunLine, rename: (line: RunLine) => RunLine): RunLine {
  const { epochs, final } = summary
  return {
    ...summary,
    ...(Array.isArray(epochs) ? { epochs: epochs.map((one) => (isObject(one) ? rename(one) : one)) } : {}),
    ...(isObject(final) ? { final: rename(final) } : {}),
  }
}

function isObject(value: unknown): value is RunLine {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export async function writeSummary(folder: string, summary: RunSummary): Promise<void> {
  const measure = measureIn(summary.config)
  const outward = withNames({ ...summary }, (line) => outwardNames(line, measure))
  await writeWhole(join(folder, runFiles.summary), `${JSON.stringify(outward)}\n`)
}
