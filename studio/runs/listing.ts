/** A run as the server lists it. Shares are in 0..1; what is not known is null. */
export interface ListedRun {
  readonly id: string
  readonly training: boolean
  readonly stoppable: boolean
  readonly fault?: string
  readonly dataset?: string
  readonly model?: string
  readonly neuron?: string
  readonly T?: number
  readonly seed?: number
  readonly epochs?: number
  readonly ofEpochs?: number
  readonly finished?: boolean
  readonly measure?: 'accuracy' | 'R2' | 'label accuracy'
  readonly accuracy?: number | null
  readonly bestEpoch?: number | null
  readonly validationAccuracy?: number | null
  readonly trainLoss?: number | null
  readonly firingRate?: number | null
  readonly seconds?: number
  /** Options that are not as by default and decide numbers. */
  readonly options?: { readonly [name: string]: unknown }
}

/** What runs can be put together by. `setting`: all but the seed. */
export const groupings = ['setting', 'none', 'neuron', 'dataset', 'model', 'T', 'folder'] as const

export type Grouping = (typeof groupings)[number]

export interface RunGroup {
  readonly key: string
  readonly label: string
  readonly runs: readonly ListedRun[]
}

/** What a run says under a name: a column, or an option. */
export function saidOf(run: ListedRun, name: string): string {
  if (name === 'run') return run.id
  if (name === 'data') return run.dataset ?? ''
  if (name === 'state') return stateOf(run)
  const own = (run as unknown as { readonly [name: string]: unknown })[name] ?? run.options?.[name]
  return own === undefined || own === null ? '' : textOf(own)
}

export function stateOf(run: ListedRun): 'damaged' | 'training' | 'finished' | 'stopped' {
  if (run.fault !== undefined) return 'damaged'
  if (run.training) return 'training'
  return run.finished ? 'finished' : 'stopped'
}

/** Words of a filter: `neuron=clif`, `T=4`, `state=training`, or a part of a name; `*` is any text. All must fit. */
export function filtered(runs: readonly ListedRun[], filter: string): ListedRun[] {
  const words = filter.split(/\s+/).filter((word) => word !== '')
  return runs.filter((run) => words.every((word) => fits(run, word)))
}

function fits(run: ListedRun, word: string): boolean {
  const at = word.indexOf('=')
  if (at > 0) return pattern(word.slice(at + 1)).test(saidOf(run, word.slice(0, at)))
  const all = [run.id, run.dataset, run.model, run.neuron].join(' ').toLowerCase()
  return all.includes(word.toLowerCase())
}

function pattern(wanted: string): RegExp {
  const parts = wanted.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`)
}

/** Runs put together, in the order in which they come. */
export function grouped(runs: readonly ListedRun[], by: Grouping): RunGroup[] {
  const groups = new Map<string, ListedRun[]>()
  for (const run of runs) {
    const key = keyOf(run, by)
    const own = groups.get(key)
    if (own) own.push(run)
    else groups.set(key, [run])
  }
  const varied = by === 'setting' ? differences(runs) : []
  return [...groups].map(([key, own]) => ({ key, label: labelOf(own[0], by, varied), runs: own }))
}

function keyOf(run: ListedRun, by: Grouping): string {
  if (by === 'none') return run.id
  if (by === 'folder') return run.id.split('/').slice(0, -1).join('/') || '.'
  if (by !== 'setting') return saidOf(run, by)
  const options = Object.entries(run.options ?? {}).filter(([name]) => name !== 'seed')
  return JSON.stringify([run.dataset, run.model, run.neuron, run.T, options.sort(([a], [b]) => (a < b ? -1 : 1))])
}

function labelOf(run: ListedRun, by: Grouping, varied: readonly Difference[]): string {
  if (by === 'none') return run.id
  if (by === 'folder') return keyOf(run, by)
  if (by !== 'setting') return `${by === 'T' ? 'T = ' : ''}${saidOf(run, by) || 'unknown'}`
  const more = varied.filter(({ name }) => !['neuron', 'model', 'dataset', 'seed'].includes(name))
  const parts = more.flatMap(({ name }) => (saidOf(run, name) === '' ? [] : [`${name} ${saidOf(run, name)}`]))
  const several = (['model', 'dataset'] as const).filter((name) => varied.some((one) => one.name === name))
  return [run.neuron ?? 'damaged', ...several.map((name) => run[name] ?? ''), ...parts].join(', ')
}

/** An option in which runs differ. */
export interface Difference {
  readonly name: string
  /** A value for each run; empty: as by default. */
  readonly values: readonly string[]
}

/** In what runs differ, seeds last. */
export function differences(runs: readonly ListedRun[]): Difference[] {
  const names = new Set(['dataset', 'model', 'neuron', 'T', ...runs.flatMap((run) => Object.keys(run.options ?? {}))])
  const found = [...names].flatMap((name) => {
    const values = runs.map((run) => saidOf(run, name))
    return new Set(values).size > 1 ? [{ name, values }] : []
  })
  return found.sort((a, b) => Number(a.name === 'seed') - Number(b.name === 'seed'))
}

/** Mean and standard deviation of the numbers there are. */
export function statistics(values: readonly (number | null | undefined)[]): {
  mean: number
  deviation: number
  count: number
} {
  const known = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value))
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, deviation: known.length > 1 ? Math.sqrt(squares / (known.length - 1)) : 0, count: known.length }
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
