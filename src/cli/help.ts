import { fieldsOf, type OptionField } from '../runs/index.ts'
import type { Command } from './command.ts'
import { wrapWords } from './wrap.ts'

/** What `spikelet --help` prints. */
export function overviewText(commands: readonly Command[], version: string, terminalColumns: number): string {
  const width = Math.min(widestText, terminalColumns)
  const rows = commands.map(({ name, usage, summary }) => [`${name} ${usage}`.trim(), summary] as const)
  return [
    `spikelet ${version}: trains spiking neural networks`,
    '',
    'spikelet COMMAND [options]',
    '',
    ...columns(rows, width),
    '',
    ...wrapWords("'spikelet COMMAND --help' tells a command's options; --debug shows where an error came from.", width),
    '',
  ].join('\n')
}

/** What `spikelet COMMAND --help` prints. */
export function commandText(
  { name, usage, summary, schema, notes = [], examples }: Command,
  terminalColumns: number,
): string {
  const width = Math.min(widestText, terminalColumns)
  const options = fieldsOf(schema)
  return [
    `spikelet ${name} ${usage}${options.length > 0 ? ' [options]' : ''}`,
    '',
    ...wrapWords(`${summary}.`, width),
    ...optionLines(options, width),
    ...(notes.length > 0 ? ['', ...notes.flatMap((note) => wrapWords(note, width))] : []),
    '',
    ...examples.map((example) => `  npx spikelet ${example}`),
    '',
  ].join('\n')
}

/** Options in their groups, those of none first; without heads where no option has one. */
function optionLines(options: readonly OptionField[], width: number): string[] {
  const groups = [...new Set(options.map(({ group }) => group))].sort(
    (a, b) => Number(a !== undefined) - Number(b !== undefined),
  )
  return groups.flatMap((group) => [
    '',
    ...(group === undefined ? [] : [`${group}:`]),
    ...columns(options.filter((one) => one.group === group).map(optionRow), width),
  ])
}

function optionRow(field: OptionField): readonly [string, string] {
  const { flag, kind, choices, fallback, description } = field
  const value = kind === 'flag' ? '' : ` ${choices ? choices.join('|') : placeholders[kind]}`
  const several = kind === 'list' && choices ? ',...' : ''
  const shown = Array.isArray(fallback) ? fallback.join(',') : fallback
  const standard = shown === undefined || shown === false || shown === '' ? '' : ` (${shown})`
  return [`${flag}${value}${several}`, `${description}${standard}`]
}

const placeholders = { text: 'NAME', number: 'N', flag: '', list: 'A,B', json: 'JSON' } as const

/** Two columns, the right one in lines; a left side too long for its column gets a line of its own. */
function columns(rows: readonly (readonly [string, string])[], whole: number): string[] {
  const widest = 30
  const width = Math.min(widest, Math.max(0, ...rows.map(([left]) => left.length)))
  const room = Math.max(24, whole - width - 4)
  return rows.flatMap(([left, right]) => {
    const lines = wrapWords(right, room)
    const head = left.length > width ? [`  ${left}`] : []
    return [
      ...head,
      ...lines.map((line, i) => `  ${(i === 0 && head.length === 0 ? left : '').padEnd(width)}  ${line}`.trimEnd()),
    ]
  })
}

/** Lines longer than this are hard to read, however wide the terminal. */
const widestText = 120
