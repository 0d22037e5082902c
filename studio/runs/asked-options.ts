/** A row of the option table, as the server tells it. */
export interface Field {
  readonly name: string
  readonly kind: 'text' | 'number' | 'flag' | 'list' | 'json'
  readonly element?: string
  readonly choices?: readonly string[]
  readonly fallback?: unknown
  readonly group?: string
  readonly description: string
}

type Options = { readonly [name: string]: unknown }

/** What a field's text means. The server checks it; this only reads it. @throws Error naming the field */
export function meantBy({ name, kind, element }: Field, text: string): unknown {
  if (kind === 'number') return numberOf(name, text)
  if (kind === 'flag') return text === 'true'
  if (kind === 'list') {
    const parts = partsOf(text)
    return element === 'number' ? parts.map((part) => numberOf(name, part)) : parts
  }
  if (kind !== 'json') return text
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`${name} is not JSON: such as {"tau": 1.5}`)
  }
}

/** One option of a sweep, and its values with commas between. */
export interface Varying {
  readonly name: string
  readonly text: string
}

/** A constant of neurons, which has no row in the table of trainings. */
const tau: Field = { name: 'tau', kind: 'number', description: "the neurons' constant tau" }

/** What a sweep can vary: options that are one word each, and decide more than where a run is kept. */
export function variable(fields: readonly Field[]): Field[] {
  const words = fields.filter(({ name, kind, group }) => {
    return ['number', 'text', 'flag'].includes(kind) && name !== 'seed' && group !== 'Where it is kept'
  })
  return [...words, tau]
}

/** How many runs a sweep has. */
export function countOf(varying: readonly Varying[], seeds: number): number {
  return varying.reduce((product, { text }) => product * Math.max(1, partsOf(text).length), seeds)
}

/** Those of a sweep that have flags of their own there. */
const ownFlags: { readonly [name: string]: string } = { neuron: 'neurons', T: 'T', bptt: 'bptt', tau: 'tau' }

/**
 * The options of a sweep.
 * @param options those of one training
 * @throws Error naming the option whose values are missing, or are none
 */
export function sweepOptions(
  options: Options,
  varying: readonly Varying[],
  { seeds, fields }: { readonly seeds: number; readonly fields: readonly Field[] },
): Options {
  const known = new Map(variable(fields).map((field) => [field.name, field]))
  const values = new Map(
    varying.map(({ name, text }) => {
      const field = known.get(name)
      const parts = partsOf(text)
      if (!field || parts.length === 0) throw new Error(`${name} needs values, with commas between them`)
      return [name, parts.map((part) => meantBy(field, part))] as const
    }),
  )
  const fixed = Object.entries(options).filter(([name]) => !values.has(name))
  const of = (names: readonly (readonly [string, unknown])[], own: boolean) =>
    names.filter(([name]) => Object.hasOwn(ownFlags, name) === own)
  const single = of(fixed, true).map(([name, value]) => [ownFlags[name], [value]])
  const several = of([...values], true).map(([name, list]) => [ownFlags[name], list])
  const vary = Object.fromEntries(of([...values], false))
  return {
    neurons: ['clif'],
    ...Object.fromEntries([...of(fixed, false), ...single, ...several]),
    ...(Object.keys(vary).length === 0 ? {} : { vary }),
    seeds,
  }
}

function partsOf(text: string): string[] {
  return text.split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]))
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (Number.isNaN(value)) throw new Error(`${name} is no number: ${text}`)
  return value
}
