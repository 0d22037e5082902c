import type { RunCommand } from './folder.ts'
import { fieldsOf, type OptionField } from './option-fields.ts'
import { recordedSchema } from './run-settings.ts'

/** Where a run is kept does not decide what it gives. */
const leftOut = ['name', 'out', 'config', 'resume']

/** The command that repeats a run: every option that is not as by default. */
export function repeatText({ dataset, options }: RunCommand): string {
  const values = options as { readonly [name: string]: unknown }
  const flags = fieldsOf(recordedSchema)
    .filter(({ name, fallback }) => {
      const value = values[name]
      return value !== undefined && !leftOut.includes(name) && JSON.stringify(value) !== JSON.stringify(fallback)
    })
    .map((field) => flagText(field, values[field.name]))
  return ['npx spikelet train', dataset, ...flags].join(' ')
}

function flagText({ flag, kind }: OptionField, value: unknown): string {
  if (kind === 'flag') return value ? flag : `${flag}=false`
  const text = kind === 'json' ? JSON.stringify(value) : Array.isArray(value) ? value.join(',') : String(value)
  return `${flag} ${/^[\w./,+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`}`
}
