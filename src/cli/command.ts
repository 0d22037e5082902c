import type { z } from 'zod'
import type { ExitCode, Surroundings } from './surroundings.ts'

/** The options of one command: names as configurations spell them, checks, defaults and descriptions. */
export type OptionsSchema = z.ZodObject

/** What a command's code gets. */
export interface Invocation<Schema extends OptionsSchema = OptionsSchema> {
  /** One per argument of the usage; those left out are undefined. */
  readonly positional: readonly (string | undefined)[]
  readonly options: z.infer<Schema>
  /** Names of the options that a flag or a configuration file set. */
  readonly given: ReadonlySet<string>
  readonly surroundings: Surroundings
}

export interface Command<Schema extends OptionsSchema = OptionsSchema> {
  readonly name: string
  /** `<needed>` and `[optional]` arguments, such as `<dataset>`; a last `[...names]` takes any number. */
  readonly usage: string
  /** One line. */
  readonly summary: string
  readonly schema: Schema
  /** Lines under the options in `--help`: what is known by name, what a reader should know. */
  readonly notes?: readonly string[]
  readonly examples: readonly string[]
  run(invocation: Invocation<Schema>): Promise<ExitCode>
}

/** A command whose `run` sees its own options' types. */
export function defineCommand<Schema extends OptionsSchema>(command: Command<Schema>): Command {
  return command as unknown as Command
}
