import { cac } from 'cac'
import { fieldsOf } from '../runs/index.ts'
import type { Command } from './command.ts'
import type { FlagValue } from './read-options.ts'

/** A command line taken apart; nothing is checked yet. */
export interface ParsedWords {
  readonly command: Command | undefined
  /** Without the command's name. */
  readonly positional: readonly string[]
  readonly flags: { readonly [name: string]: FlagValue }
  readonly help: boolean
  readonly version: boolean
  /** Whether errors show their stack. */
  readonly debug: boolean
}

/**
 * In front of text that looks like a number: the parser would turn it into one, and lose `007`, `-1` and the empty text. In
 * front of flags too that are the value of another flag.
 */
const mark = '\u0001'

/** The command, arguments and flags of a command line. */
export function parseWords(words: readonly string[], commands: readonly Command[]): ParsedWords {
  const parser = cac('spikelet')
  parser.option('-h, --help', 'help').option('-v, --version', 'version').option('--debug', 'debug')
  const takers = new Set<string>()
  for (const command of commands) {
    const parsed = parser.command(`${command.name} ${command.usage}`, command.summary)
    for (const { flag, kind, takesFlags } of fieldsOf(command.schema)) {
      parsed.option(kind === 'flag' ? flag : `${flag} <value>`, '')
      if (takesFlags) takers.add(flag)
    }
  }
  const { args, options } = parser.parse(
    ['node', 'spikelet', ...words.map((word, i) => marked(word, takers.has(words[i - 1])))],
    { run: false },
  )
  const { '--': rest, help, h, version, v, debug, ...flags } = options as { [name: string]: unknown }
  const matched = parser.matchedCommandName
  return {
    command: commands.find(({ name }) => name === matched),
    positional: [...args, ...((rest as string[]) ?? [])].map(unmarked),
    flags: Object.fromEntries(Object.entries(flags).map(([name, value]) => [name, unmarkedValue(value)])),
    help: Boolean(help ?? h),
    version: Boolean(version ?? v),
    debug: Boolean(debug),
  }
}

function marked(word: string, isValue: boolean): string {
  if (isValue) return mark + word
  const [, flag, value] = /^(--?[^=]+=)?(.*)$/s.exec(word) as RegExpExecArray
  const looksLikeNumber = !Number.isNaN(Number(value)) // as the empty text does
  return looksLikeNumber ? `${flag ?? ''}${mark}${value}` : word
}

function unmarked(word: unknown): string {
  return String(word).replaceAll(mark, '')
}

function unmarkedValue(value: unknown): FlagValue {
  if (Array.isArray(value)) return value.map((one) => unmarkedValue(one) as string | boolean)
  return typeof value === 'boolean' ? value : unmarked(value)
}
