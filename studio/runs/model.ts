/** One line of the table of runs, as the server tells it. */
export interface RunRow {
  readonly id: string
  readonly data: string
  readonly network: string
  readonly neuron: string
  readonly T: number
  readonly seed: number
  readonly epochs: number
  readonly ofEpochs: number
  readonly accuracy: number | null
  readonly firingRate: number | null
  readonly seconds: number
  readonly state: 'runs' | 'finished' | 'stopped'
  readonly changed: number
}

export interface RunsAnswer {
  readonly folder: string
  readonly rows: readonly RunRow[]
  readonly told: readonly { readonly id: string; readonly text: string; readonly code: number | null }[]
}

export interface RunCurves {
  readonly id: string
  readonly neuron: string
  readonly seed: number
  readonly config: { readonly [name: string]: unknown }
  readonly updates: readonly (readonly [update: number, loss: number])[]
  readonly epochs: readonly {
    readonly epoch: number
    readonly trainLoss: number
    readonly trainAccuracy: number
    readonly validationAccuracy?: number
    readonly testAccuracy?: number
  }[]
}

export const columns = [
  'id',
  'data',
  'network',
  'neuron',
  'T',
  'seed',
  'epochs',
  'accuracy',
  'firingRate',
  'seconds',
  'state',
] as const

export type Column = (typeof columns)[number]

/** By what runs are put together; everything but the seed makes seeds of one setting a group. */
export type Grouping = 'none' | 'setting' | 'neuron' | 'data'

/** Runs that fit all words of a filter: `clif T=4` is text anywhere, and a column's value. */
export function filtered(rows: readonly RunRow[], filter: string): RunRow[] {
  const words = filter.split(/\s+/).filter(Boolean)
  return rows.filter((row) =>
    words.every((word) => {
      const [name, value] = word.split('=')
      if (value !== undefined && (columns as readonly string[]).includes(name))
        return String(row[name as Column]) === value
      return columns.some((column) =>
        String(row[column] ?? '')
          .toLowerCase()
          .includes(word.toLowerCase()),
      )
    }),
  )
}

export function sorted(rows: readonly RunRow[], by: Column, up: boolean): RunRow[] {
  const sign = up ? 1 : -1
  return [...rows].sort((a, b) => {
    const [one, other] = [a[by], b[by]]
    if (one === null || other === null) return Number(one === null) - Number(other === null)
    return (
      sign * (typeof one === 'number' && typeof other === 'number' ? one - other : String(one) < String(other) ? -1 : 1)
    )
  })
}

/** What the runs of a group have alike. */
export function groupOf({ data, network, neuron, T, ofEpochs }: RunRow, by: Grouping): string {
  if (by === 'none') return ''
  if (by === 'neuron') return neuron
  if (by === 'data') return data
  return `${data}, ${network}, ${neuron}, T ${T}, ${ofEpochs} epochs`
}

/** Settings in which configurations differ: a row a setting, a value a run. */
export function differences(
  runs: readonly RunCurves[],
): { readonly name: string; readonly values: readonly string[] }[] {
  const flat = runs.map(({ config }) => flattened(config))
  const names = [...new Set(flat.flatMap((one) => [...one.keys()]))].sort()
  return names.flatMap((name) => {
    const values = flat.map((one) => one.get(name) ?? '–')
    return new Set(values).size > 1 ? [{ name, values }] : []
  })
}

const hidden: ReadonlySet<string> = new Set(['network', 'backend', 'environment', 'notes'])

function flattened(value: unknown, path = '', into = new Map<string, string>()): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    into.set(path, JSON.stringify(value))
    return into
  }
  // A network's layers say in a hundred lines what its model and neuron say in two; hashes of samples say nothing to people.
  for (const [name, one] of Object.entries(value)) {
    if (path === '' && hidden.has(name)) continue
    if (path === 'dataset' && (name === 'members' || name === 'split')) continue
    flattened(one, path === '' ? name : `${path}.${name}`, into)
  }
  return into
}

/** Mean and band of several runs at each place that all of them have. */
export function band(curves: readonly (readonly (readonly [number, number])[])[]): {
  readonly mean: [number, number][]
  readonly low: [number, number][]
  readonly high: [number, number][]
} {
  const at = new Map<number, number[]>()
  for (const points of curves) for (const [x, y] of points) at.set(x, [...(at.get(x) ?? []), y])
  const whole = [...at].filter(([, values]) => values.length === curves.length).sort(([a], [b]) => a - b)
  const each = (of: (values: readonly number[]) => number) =>
    whole.map(([x, values]): [number, number] => [x, of(values)])
  return {
    mean: each((values) => values.reduce((a, b) => a + b, 0) / values.length),
    low: each((values) => Math.min(...values)),
    high: each((values) => Math.max(...values)),
  }
}
