import { isAbsolute, relative, resolve } from 'node:path'
import { ResourceError, SpikeletError, suggestion, systemFault, UsageError } from '../base/index.ts'
import { cacheFolder, fieldsOf, flagOf } from '../runs/index.ts'
import type { Command } from './command.ts'
import { readConfigFile } from './config-file.ts'
import { commandText, overviewText } from './help.ts'
import { type ParsedWords, parseWords } from './parse-words.ts'
import { readOptions } from './read-options.ts'
import { type ExitCode, exitCodes, type Surroundings } from './surroundings.ts'

/** Follows one command line. Every error ends as a message and an exit code. */
export async function runCommandLine(
  words: readonly string[],
  commands: readonly Command[],
  surroundings: Surroundings,
): Promise<ExitCode> {
  try {
    return await follow(parseWords(words, commands), commands, surroundings)
  } catch (error) {
    surroundings.writeError(`${errorText(error, words.includes('--debug'))}\n`)
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed
  }
}

async function follow(words: ParsedWords, commands: readonly Command[], surroundings: Surroundings): Promise<ExitCode> {
  const { command, positional } = words
  if (words.version) {
    surroundings.write(`${surroundings.version}\n`)
    return exitCodes.done
  }
  if (!command && positional.length > 0) throw unknownCommand(positional[0], commands)
  if (!command || words.help) {
    const columns = surroundings.terminal.columns()
    surroundings.write(command ? commandText(command, columns) : overviewText(commands, surroundings.version, columns))
    return command || words.help ? exitCodes.done : exitCodes.usage
  }
  checkPositional(command, positional)
  const config = await configOf(command, words.flags)
  const { options, given } = readOptions(command, words.flags, config)
  try {
    return await command.run({ positional, options, given, surroundings })
  } catch (error) {
    throw withOption(systemFault(error), command, options, surroundings)
  }
}

/** An error of the system about a path, with the option that the path comes from. */
function withOption(
  error: unknown,
  { schema }: Command,
  options: { readonly [name: string]: unknown },
  { env }: Surroundings,
): unknown {
  const place = error instanceof ResourceError ? error.parts.place : undefined
  if (place === undefined) return error
  const fields = fieldsOf(schema)
  const standard: { readonly [name: string]: string } = { cache: cacheFolder(env) }
  const from = fields
    .map(({ name, flag }) => ({ flag, folder: options[name] ?? standard[name] }))
    .filter(({ folder }) => typeof folder === 'string' && folder !== '' && isInside(place, folder))
    .sort((a, b) => String(b.folder).length - String(a.folder).length)
  if (from.length === 0) return error
  const { parts } = error as ResourceError
  return new ResourceError({ ...parts, next: `${parts.next ?? ''} ${from[0].flag} names another place.`.trim() })
}

function isInside(path: string, folder: string): boolean {
  const between = relative(resolve(folder), resolve(path))
  return !between.startsWith('..') && !isAbsolute(between)
}

async function configOf(command: Command, flags: ParsedWords['flags']) {
  const takesConfig = fieldsOf(command.schema).some(({ name }) => name === 'config')
  return takesConfig && typeof flags.config === 'string' && flags.config !== ''
    ? readConfigFile(flags.config)
    : undefined
}

function unknownCommand(name: string, commands: readonly Command[]): UsageError {
  const known = commands.map((command) => command.name)
  return new UsageError({
    what: `unknown command '${name}'`,
    next: suggestion(name, known, { list: true }),
  })
}

function checkPositional({ name, usage }: Command, positional: readonly string[]): void {
  const wanted = usage === '' ? [] : usage.split(' ')
  const needed = wanted.filter((argument) => argument.startsWith('<'))
  const usageLine = `spikelet ${name} ${usage}`.trim()
  if (positional.length < needed.length) {
    throw new UsageError({ what: `${needed[positional.length]} is missing`, expected: usageLine })
  }
  const open = wanted.at(-1)?.startsWith('[...') ?? false
  if (positional.length > wanted.length && !open) {
    throw new UsageError({ what: `'${positional[wanted.length]}' is one argument too many`, expected: usageLine })
  }
}

/** What a person reads: the message of an error meant for people; of any other, where to look. */
export function errorText(raised: unknown, debug: boolean): string {
  if (debug && raised instanceof Error) return causes(raised).join('\ncaused by ')
  const error = systemFault(raised)
  if (error instanceof SpikeletError) return `error: ${inFlags(error.message)}`
  const message = error instanceof Error ? error.message : String(error)
  return `error: ${message}\n--debug shows where it came from`
}

/** Errors of the library name options as programs write them. */
function inFlags(message: string): string {
  return message.replace(/option `(\w+)`/g, (_, name: string) => `option ${flagOf(name)}`)
}

function causes(error: unknown): string[] {
  if (!(error instanceof Error)) return error === undefined ? [] : [String(error)]
  return [error.stack ?? error.message, ...causes(error.cause)]
}
