import {
  type AffineStep,
  type ConvStep,
  type LinearStep,
  type NeuronStep,
  PlanRun,
  type PlanStep,
  type PoolStep,
} from '../plan/index.ts'
import { changingInstructions, stillRows } from '../still.ts'
import { type FixedMath, reduced, shifted } from './fixed-math.ts'
import type { FixedPlan } from './fixed-plan.ts'

/** Runs a plan of whole numbers as its program in C does, to the bit. Values are the program's whole numbers. */
export class FixedRun extends PlanRun {
  private readonly fixed: FixedPlan

  constructor(fixed: FixedPlan) {
    super(fixed.plan)
    this.fixed = fixed
    this.reset()
  }

  override reset(): void {
    this.plan.states.forEach(({ start }, i) => this.states[i].fill(this.fixed?.math.from(start) ?? start))
  }

  /** @param frame plain numbers */
  override step(frame: ArrayLike<number>): Float64Array {
    return super.step(Float64Array.from(frame, (value) => this.fixed.math.from(value)))
  }

  protected override workOf(step: PlanStep, at: number): () => void {
    if (step.op === 'affine') return once(() => this.affineWork(step))
    if (step.op === 'neurons') return once(() => this.neuronsWork(step))
    if (step.op === 'pool' && step.kind === 'average') return () => this.averagePool(step)
    if (step.op === 'multiply') {
      return () => {
        const [a, b, y] = [this.values[step.from[0]], this.values[step.from[1]], this.values[step.to]]
        for (let i = 0; i < y.length; i++) y[i] = this.fixed.math.times(a[i], b[i % b.length])
      }
    }
    if (step.op === 'add') {
      return () => {
        const [a, b, y] = [this.values[step.from[0]], this.values[step.from[1]], this.values[step.to]]
        for (let i = 0; i < y.length; i++) y[i] = this.fixed.math.sum(a[i], b[i])
      }
    }
    return super.workOf(step, at, {})
  }

  /** Spikes count 1 in sums of weights. */
  protected override inputOf(step: ConvStep | LinearStep): ArrayLike<number> {
    const { inputs, math } = this.fixed
    const input = inputs.get(step)
    const x = this.values[step.from]
    return input ? x.map((value) => reduced(value, input.most, input.dropped)) : x.map((value) => value / math.one)
  }

  private affineWork(step: AffineStep): () => void {
    const { math, scales } = this.fixed
    const [x, y] = [this.values[step.from], this.values[step.to]]
    const scale = scales.get(step)
    const channels = step.scale.length
    const [factors, shifts] = [step.scale.map((value) => math.from(value)), step.shift.map((value) => math.from(value))]
    return () => {
      for (let i = 0; i < y.length; i++) {
        const c = i % channels
        const product = scale
          ? math.limited(shifted(x[i], scale.multipliers[c], scale.bits))
          : math.times(x[i], factors[c])
        y[i] = math.sum(product, shifts[c])
      }
    }
  }

  private averagePool({ from, to, rows, columns, area }: PoolStep): void {
    const { math } = this.fixed
    const [x, y] = [this.values[from], this.values[to]]
    const [, width, channels] = this.plan.values[from].shape
    y.fill(0)
    rows.forEach((row, oy) =>
      columns.forEach((column, ox) => {
        const share = math.from(1 / (area ?? (row.to - row.from) * (column.to - column.from)))
        for (let c = 0; c < channels; c++) {
          const place = (oy * columns.length + ox) * channels + c
          for (let iy = row.from; iy < row.to; iy++)
            for (let ix = column.from; ix < column.to; ix++) {
              y[place] = math.sum(y[place], math.times(x[(iy * width + ix) * channels + c], share))
            }
        }
      }),
    )
  }

  private neuronsWork(step: NeuronStep): () => void {
    const { math } = this.fixed
    const { neuron, firstState } = step
    const { program } = neuron
    const [x, y] = [this.values[step.from], this.values[step.to]]
    const row = (values: Float64Array) => values.map((value) => math.from(value))
    const still = new Map([...stillRows(step)].map(([id, values]) => [id, row(values)]))
    const [scale, shift] = [step.scale && row(step.scale), step.shift && row(step.shift)]
    const values = new Float64Array(program.instructions.length)
    const changing = changingInstructions(neuron)
    return () => {
      for (let i = 0; i < y.length; i++) {
        const scaled = scale ? math.times(x[i], scale[i % scale.length]) : x[i]
        const input = shift ? math.sum(scaled, shift[i % shift.length]) : scaled
        for (const [id, kept] of still) values[id] = kept[i % kept.length]
        for (const id of changing) {
          const { op, args, value = 0, index = 0 } = program.instructions[id]
          if (op === 'constant') values[id] = math.from(value)
          else if (op === 'input') values[id] = input
          else if (op === 'state') values[id] = this.states[firstState + index][i]
          else values[id] = calculated(math, op, values, args, value)
        }
        program.states.forEach(({ next }, k) => {
          this.states[firstState + k][i] = math.limited(values[next])
        })
        y[i] = program.spiking ? values[program.output] : math.limited(values[program.output])
      }
    }
  }
}

/** Work that is prepared when it is first done: the plan's facts are not there yet when it is asked for. */
function once(prepare: () => () => void): () => void {
  let work: (() => void) | null = null
  return () => {
    work ??= prepare()
    work()
  }
}

function calculated(math: FixedMath, op: string, values: Float64Array, args: readonly number[], value: number): number {
  const [a, b, c] = args.map((arg) => values[arg])
  switch (op) {
    case 'add':
      return math.sum(a, b)
    case 'sub':
      return math.sum(a, -b)
    case 'mul':
      return math.times(a, b)
    case 'div':
      return math.divided(a, b)
    case 'pow':
      return math.power(a, value)
    case 'neg':
      return -a
    case 'sigmoid':
      return math.sigmoid(a)
    case 'tanh':
      return math.tanh(a)
    case 'floor':
      return math.floor(a)
    case 'round':
      return math.round(a)
    case 'where':
      return a >= 0 ? b : c
    case 'relu':
      return Math.max(a, 0)
    case 'abs':
      return Math.abs(a)
    case 'min':
      return Math.min(a, b)
    case 'max':
      return Math.max(a, b)
    case 'spike':
      return a >= 0 ? math.one : 0
    case 'detach':
      return a
    default:
      throw new Error(`no whole numbers for ${op}`)
  }
}
