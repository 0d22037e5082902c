import type { Command } from './command.ts'
import { fieldsOf, type OptionField } from './option-fields.ts'

/** What `spikelet --help` prints. */
export function overviewText(commands: readonly Command[], version: string): string {
  const rows = commands.map(({ name, usage, summary }) => [`${name} ${usage}`.trim(), summary] as const)
  return [
    `spikelet ${version}: trains spiking neural networks`,
    '',
    'spikelet COMMAND [options]',
    '',
    ...columns(rows),
    '',
    "'spikelet COMMAND --help' tells a command's options; --debug shows where an error came from.",
    '',
  ].join('\n')
}

/** What `spikelet COMMAND --help` prints. */
export function commandText({ name, usage, summary, schema, notes = [], examples }: Command): string {
  const options = fieldsOf(schema)
  return [
    `spikelet ${name} ${usage}${options.length > 0 ? ' [options]' : ''}`,
    '',
    `${summary}.`,
    ...(options.length > 0 ? ['', ...columns(options.map(optionRow))] : []),
    ...(notes.length > 0 ? ['', ...notes.flatMap(wrapped)] : []),
    '',
    ...examples.map((example) => `  npx spikelet ${example}`),
    '',
  ].join('\n')
}

function optionRow(field: OptionField): readonly [string, string] {
  const { flag, kind, choices, fallback, description } = field
  const value = kind === 'flag' ? '' : ` ${choices ? choices.join('|') : placeholders[kind]}`
  const several = kind === 'list' && choices ? ',...' : ''
  const shown = Array.isArray(fallback) ? fallback.join(',') : fallback
  const standard = shown === undefined || shown === false || shown === '' ? '' : ` (${shown})`
  return [`${flag}${value}${several}`, `${description}${standard}`]
}

const widestNote = 120

/** Lines of at most 120 letters. */
function wrapped(note: string): string[] {
  const lines = ['']
  for (const word of note.split(' ')) {
    const longer = lines[lines.length - 1] === '' ? word : `${lines[lines.length - 1]} ${word}`
    if (longer.length <= widestNote) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

const placeholders = { text: 'NAME', number: 'N', flag: '', list: 'A,B', json: 'JSON' } as const

/** Two columns; a left side too long for its column gets a line of its own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const widest = 30
  const width = Math.min(widest, Math.max(0, ...rows.map(([left]) => left.length)))
  return rows.flatMap(([left, right]) =>
    left.length > width
      ? [`  ${left}`, `  ${' '.repeat(width)}  ${right}`]
      : [`  ${left.padEnd(width)}  ${right}`.trimEnd()],
  )
}
