import type { z } from 'zod'
import { UsageError } from '../base/index.ts'
import { datasetNames } from '../data/index.ts'
import { models } from '../models/index.ts'
import { neurons } from '../neurons/index.ts'
import { checkVaried, fieldsOf, type OptionField, recordedSchema, sweepSchema, type Varied } from '../runs/index.ts'

/** What can be started from a page. */
export type Startable = 'training' | 'sweep'

const schemas = { training: recordedSchema, sweep: sweepSchema }

/** Options that say where runs are kept and made: of what is started here, the server says so. */
const placed = ['out', 'config', 'resume', 'on', 'slurm', 'dryRun', 'json']

/** What a page needs to ask for a training. */
export interface TrainForm {
  readonly datasets: readonly string[]
  readonly fields: readonly OptionField[]
}

/** The options of a training, from the one table of them. */
export function trainForm(): TrainForm {
  const known: { readonly [name: string]: readonly string[] } = {
    model: Object.keys(models),
    neuron: Object.keys(neurons),
  }
  const fields = formFields('training').map((field) => {
    return known[field.name] ? { ...field, choices: known[field.name] } : field
  })
  return { datasets: datasetNames, fields }
}

function formFields(what: Startable): OptionField[] {
  return fieldsOf(schemas[what]).filter(({ name }) => !placed.includes(name))
}

/** What a page asks for, checked. */
export interface AskedTraining {
  readonly dataset: string
  readonly options: { readonly [name: string]: unknown }
}

/**
 * What a page asks to be trained, once or as a sweep.
 * @throws UsageError for a data set that is not known, an option that is none, or a value that it cannot have
 */
export function askedTraining(
  { dataset, options = {} }: { readonly [name: string]: unknown },
  what: Startable = 'training',
): AskedTraining {
  if (typeof dataset !== 'string' || !(datasetNames as readonly string[]).includes(dataset)) {
    throw new UsageError({
      what: 'this data set is not known',
      got: String(dataset),
      expected: datasetNames.join(', '),
    })
  }
  if (typeof options !== 'object' || options === null) throw new UsageError({ what: 'options are no record' })
  const names = formFields(what).map(({ name }) => name)
  const unknown = Object.keys(options).find((name) => !names.includes(name))
  if (unknown !== undefined) throw new UsageError({ what: `there is no option '${unknown}' of a ${what}` })
  const shape = schemas[what].shape as { readonly [name: string]: z.ZodType }
  for (const [name, value] of Object.entries(options)) {
    const { error } = shape[name].safeParse(value)
    if (!error) continue
    throw new UsageError({
      what: `option '${name}' cannot have this value`,
      expected: error.issues[0].message,
      got: JSON.stringify(value),
    })
  }
  if (what === 'sweep') checkVaried(((options as AskedTraining['options']).vary ?? {}) as Varied)
  return { dataset, options: options as AskedTraining['options'] }
}

/** Options as a command line has them, a word each: no value can be taken for a flag of its own. */
export function flagWords(options: { readonly [name: string]: unknown }, what: Startable = 'training'): string[] {
  return formFields(what).flatMap(({ name, flag, kind }) => {
    const value = options[name]
    if (value === undefined || value === null) return []
    const text = kind === 'json' ? JSON.stringify(value) : Array.isArray(value) ? value.join(',') : String(value)
    return [`${flag}=${text}`]
  })
}
