import { nearestName, parseJson, suggestion, UsageError } from '../base/index.ts'
import { fieldsOf, flagOf, type OptionField } from '../runs/index.ts'
import type { Command } from './command.ts'

/** What a flag had after it; `true` for one that had nothing. */
export type FlagValue = string | boolean | readonly (string | boolean)[]

/** A configuration file's contents. */
export interface ConfigFile {
  readonly file: string
  readonly values: { readonly [name: string]: unknown }
}

/**
 * Options from flags, a configuration file and defaults; the first that has a value wins.
 * @throws UsageError naming the flag, or the file and key, that cannot be followed
 */
export function readOptions(
  command: Pick<Command, 'name' | 'schema'>,
  flags: { readonly [name: string]: FlagValue },
  config?: ConfigFile,
): { options: { [name: string]: unknown }; given: Set<string> } {
  const fields = fieldsOf(command.schema)
  const values: { [name: string]: unknown } = {}
  for (const [name, value] of Object.entries(config?.values ?? {})) {
    if (!fields.some((field) => field.name === name)) throw unknownKey(name, fields, config as ConfigFile)
    values[name] = value
  }
  for (const [name, value] of Object.entries(flags)) {
    const field = fields.find((known) => known.name === name)
    if (!field) throw unknownFlag(name, command.name, fields)
    values[name] = fromFlag(field, value)
  }
  const parsed = command.schema.safeParse(values)
  if (parsed.success) return { options: parsed.data, given: new Set(Object.keys(values)) }
  const [issue] = parsed.error.issues
  const name = String(issue.path[0] ?? '')
  const place = config && !Object.hasOwn(flags, name) ? `${config.file}: ${name}` : flagOfName(name, fields)
  throw badValue(
    place,
    fields.find((field) => field.name === name),
    values[name],
    issue.message,
  )
}

function flagOfName(name: string, fields: readonly OptionField[]): string {
  return fields.find((field) => field.name === name)?.flag ?? name
}

function unknownFlag(name: string, command: string, fields: readonly OptionField[]): UsageError {
  const shown = name.length === 1 ? `-${name}` : flagOf(name)
  const near = nearestName(
    shown,
    fields.map(({ flag }) => flag),
  )
  return new UsageError({
    what: `unknown option ${shown}`,
    next: `${near === undefined ? '' : `Did you mean ${near}? `}'spikelet ${command} --help' lists the options.`,
  })
}

function unknownKey(name: string, fields: readonly OptionField[], config: ConfigFile): UsageError {
  const known = fields.map((field) => field.name)
  return new UsageError({
    what: `unknown option '${name}'`,
    place: config.file,
    next: suggestion(name, known, { list: true }),
  })
}

function badValue(place: string, field: OptionField | undefined, value: unknown, message: string): UsageError {
  const wrong = Array.isArray(value) && field?.choices ? value.find((one) => !field.choices?.includes(one)) : value
  return new UsageError({
    what: `${place} cannot have this value`,
    expected: field?.choices ? field.choices.join(', ') : message,
    got: typeof wrong === 'string' ? `'${wrong}'` : JSON.stringify(wrong),
    next: typeof wrong === 'string' && field ? nextStep(wrong, field) : undefined,
  })
}

function nextStep(wrong: string, { flag, choices, renamed = {} }: OptionField): string | undefined {
  if (Object.hasOwn(renamed, wrong)) return `'${wrong}' is called '${renamed[wrong]}' now: ${flag} ${renamed[wrong]}.`
  return choices && suggestion(wrong, choices)
}

/** A flag's text as the value that its option wants; text that does not fit stays, and the schema refuses it. */
function fromFlag(field: OptionField, value: FlagValue): unknown {
  if (Array.isArray(value)) {
    if (field.kind === 'list') return value.flatMap((one) => fromFlag(field, one) as unknown[])
    throw new UsageError({ what: `${field.flag} is given more than once`, got: value.join(' and ') })
  }
  if (field.kind === 'flag') return value === 'true' ? true : value === 'false' ? false : value
  if (value === true || value === '') throw new UsageError({ what: `${field.flag} needs a value`, next: wanted(field) })
  if (value === false) throw new UsageError({ what: `${field.flag} cannot be switched off`, next: wanted(field) })
  return fromText[field.kind](value as string, field)
}

const fromText: { readonly [kind in OptionField['kind']]: (text: string, field: OptionField) => unknown } = {
  text: (text) => text,
  flag: (text) => text,
  number: (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)),
  list: (text, field) =>
    text
      .split(',')
      .filter((one) => one !== '')
      .map((one) => fromText[field.element ?? 'text'](one.trim(), field)),
  json: (text, { flag }) => {
    try {
      return parseJson(text, flag)
    } catch (cause) {
      throw new UsageError({
        what: `${flag} is not JSON`,
        got: text,
        next: `Write it in quotes, such as '{"tau": 1.5}'.`,
        cause,
      })
    }
  },
}

function wanted(field: OptionField): string {
  return field.choices ? `Give one of ${field.choices.join(', ')}.` : field.description
}
