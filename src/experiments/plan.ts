import type { Labels, Plan, PlannedRow, PlanRequest, Replacement, RunSettings, Scale } from './experiment.ts'
import { type RowChange, scaledRun } from './scaling.ts'
import { firstSeed, type TaskName, tasks } from './tasks.ts'

/** Computed in float32, where the paper's code mixes precisions. */
const precision: Replacement = { what: 'precision', paper: 'mixed (float16 and float32)', here: 'float32' }

export interface RowOptions {
  readonly published?: number | undefined
  /** Default: one. */
  readonly seeds?: number
  /** In place of a scale's own settings, below the paper's. */
  readonly smaller?: Partial<RunSettings>
  readonly analysis?: 'as-lif'
}

/** A value at each scale; an experiment that has no part in an evening needs none for it. */
type ByScale<Value> = { readonly [scale in Exclude<Scale, 'evening'>]: Value } & { readonly evening?: Value }

function valueAt<Value>(values: ByScale<Value>, scale: Scale): Value {
  return scale === 'evening' ? (values.evening ?? values.small) : values[scale]
}

/** Gathers the rows of an experiment, and what they replace. */
export class PlanBuilder {
  private readonly request: PlanRequest
  private readonly rows: PlannedRow[] = []
  private readonly replaced = new Map<string, Replacement>()

  constructor(request: PlanRequest) {
    this.request = request
  }

  /** The values of an axis at this scale; a part of the paper's is a replacement. */
  axis<Value>(what: string, values: ByScale<readonly Value[]>): readonly Value[] {
    const [whole, here] = [values.full, valueAt(values, this.request.scale)]
    if (here.length < whole.length) this.replace({ what, paper: whole.join(', '), here: here.join(', ') })
    return here
  }

  /** Seeds at this scale, where the paper has so many. */
  seeds(counts: ByScale<number>): number {
    const [whole, here] = [counts.full, valueAt(counts, this.request.scale)]
    if (here !== whole) this.replace({ what: 'seeds', paper: String(whole), here: String(here) })
    return here
  }

  /** A row that is trained. */
  row(labels: Labels, task: TaskName, change: RowChange, options: RowOptions = {}): void {
    const { published, seeds = 1, smaller, analysis } = options
    const { scale, has } = this.request
    const rest = published === undefined ? {} : { published }
    const scaled = Array.from({ length: seeds }, (_, i) =>
      scaledRun(tasks[task], change, { scale, has, seed: firstSeed + i, ...(smaller ? { smaller } : {}) }),
    )
    const [first] = scaled
    if ('missing' in first) {
      this.rows.push({ labels, runs: [], missing: first.missing, ...rest })
      return
    }
    for (const one of first.replaced) this.replace(one)
    const runs = scaled.flatMap((one) => ('run' in one ? [{ ...one.run, ...(analysis ? { analysis } : {}) }] : []))
    const { dataset } = first.run
    const standIn = dataset === tasks[task].dataset ? {} : { standIn: { of: tasks[task].title, dataset } }
    this.rows.push({ labels, runs, ...rest, ...standIn })
  }

  /** A row of the paper that is not run. */
  absent(labels: Labels, missing: string, published?: number): void {
    this.rows.push({ labels, runs: [], missing, ...(published === undefined ? {} : { published }) })
  }

  replace(replacement: Replacement): void {
    this.replaced.set(JSON.stringify(replacement), replacement)
  }

  get plan(): Plan {
    const trains = this.rows.some(({ runs }) => runs.length > 0)
    return { rows: this.rows, replaced: [...this.replaced.values(), ...(trains ? [precision] : [])] }
  }
}

/** A published neuron, or one of the user's, as experiments list them: how it is shown, and how commands name it. */
export interface ListedNeuron {
  readonly label: string
  readonly neuron: string
}

/** Published neurons by their usual spelling, and the user's own after them. */
export function listedNeurons(names: readonly string[], { neurons }: PlanRequest): ListedNeuron[] {
  return [
    ...names.map((name) => ({ label: name.toUpperCase(), neuron: name })),
    ...neurons.map(({ choice, neuron }) => ({ label: neuron.name, neuron: choice })),
  ]
}
