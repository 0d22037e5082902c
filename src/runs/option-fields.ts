import type { z } from 'zod'

export type FieldKind = 'text' | 'number' | 'flag' | 'list' | 'json'

/** One option, as help and parser need to know it. */
export interface OptionField {
  /** As configurations spell it: `weightDecay`. */
  readonly name: string
  /** As the command line spells it: `--weight-decay`. */
  readonly flag: string
  readonly kind: FieldKind
  /** What a list holds. */
  readonly element?: FieldKind
  readonly choices?: readonly string[]
  readonly fallback: unknown
  /** Values that are called otherwise now. */
  readonly renamed?: { readonly [old: string]: string }
  /** Whether its value is made of flags of another program, so that the next word is its value whatever it looks like. */
  readonly takesFlags?: boolean
  /** The head under which help shows it; undefined: under none. */
  readonly group?: string
  readonly description: string
}

interface Definition {
  readonly type: string
  readonly innerType?: z.ZodType
  readonly element?: z.ZodType
  readonly defaultValue?: unknown
  readonly entries?: { readonly [name: string]: string }
}

const kinds: { readonly [type: string]: FieldKind } = {
  string: 'text',
  enum: 'text',
  number: 'number',
  boolean: 'flag',
  array: 'list',
  record: 'json',
}

/** The options of a schema, in its order. */
export function fieldsOf(schema: z.ZodObject): OptionField[] {
  return Object.entries(schema.shape).map(([name, type]) => fieldOf(name, type as z.ZodType))
}

function fieldOf(name: string, type: z.ZodType): OptionField {
  let inner = definitionOf(type)
  let fallback: unknown
  while (inner.innerType) {
    fallback ??= inner.defaultValue
    inner = definitionOf(inner.innerType)
  }
  const element = inner.element && definitionOf(inner.element)
  const choices = (element ?? inner).entries
  const { group, renamed, takesFlags } = (type.meta() ?? {}) as Pick<OptionField, 'group' | 'renamed' | 'takesFlags'>
  return {
    name,
    flag: flagOf(name),
    kind: kinds[inner.type] ?? 'json',
    ...(element ? { element: kinds[element.type] ?? 'json' } : {}),
    ...(choices ? { choices: Object.keys(choices) } : {}),
    fallback,
    ...(group === undefined ? {} : { group }),
    ...(renamed ? { renamed } : {}),
    ...(takesFlags ? { takesFlags } : {}),
    description: type.description ?? '',
  }
}

function definitionOf(type: z.ZodType): Definition {
  return type._zod.def as unknown as Definition
}

/** `weightDecay` on a command line. */
export function flagOf(name: string): string {
  return `--${name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
