import { ShapeError, sizeOf } from '../../base/index.ts'
import { compileForward, type ForwardStep } from '../../equations/index.ts'
import type { ConvStep, LinearStep, NeuronStep, Plan, PlanStep, PoolStep } from './plan.ts'

export interface PlanRunOptions {
  /**
   * Decides a spike in place of the threshold, as when another program's spikes are followed.
   * @param step position in the plan; @param neuron place in the layer; @param v how far above the threshold
   */
  readonly spike?: (step: number, neuron: number, v: number) => 0 | 1
}

/** Runs a plan in float64, plainly: what every target is compared with. */
export class PlanRun {
  readonly plan: Plan
  /** The values of the latest step. */
  readonly values: readonly Float64Array[]
  readonly states: readonly Float64Array[]
  private readonly work: readonly (() => void)[]

  constructor(plan: Plan, options: PlanRunOptions = {}) {
    this.plan = plan
    this.values = plan.values.map(({ shape }) => new Float64Array(sizeOf(shape)))
    this.states = plan.states.map(({ size }) => new Float64Array(size))
    this.work = plan.steps.map((step, at) => this.workOf(step, at, options))
    this.reset()
  }

  /** Back to before the first step. */
  reset(): void {
    this.plan.states.forEach(({ start }, i) => this.states[i].fill(start))
  }

  /** One time step. @param frame [H, W, C] or [C], flat @returns the step's outputs, overwritten by the next one */
  step(frame: ArrayLike<number>): Float64Array {
    if (frame.length !== this.values[0].length) {
      throw new ShapeError({
        what: 'a frame does not fit the network',
        expected: `${this.values[0].length} values`,
        got: `${frame.length}`,
      })
    }
    this.values[0].set(frame)
    for (const work of this.work) work()
    return this.values[this.plan.output]
  }

  protected workOf(step: PlanStep, at: number, { spike }: PlanRunOptions): () => void {
    const { values, states } = this
    switch (step.op) {
      case 'conv':
        return () => this.convolution(step)
      case 'linear':
        return () => this.linear(step)
      case 'affine': {
        const { scale, shift } = step
        const [x, y] = [values[step.from], values[step.to]]
        return () => {
          for (let i = 0; i < y.length; i++) y[i] = x[i] * scale[i % scale.length] + shift[i % scale.length]
        }
      }
      case 'neurons':
        return this.neurons(step, at, spike)
      case 'pool':
        return () => this.pool(step)
      case 'add': {
        const [a, b, y] = [values[step.from[0]], values[step.from[1]], values[step.to]]
        return () => {
          for (let i = 0; i < y.length; i++) y[i] = a[i] + b[i]
        }
      }
      case 'multiply': {
        const [a, b, y] = [values[step.from[0]], values[step.from[1]], values[step.to]]
        return () => {
          for (let i = 0; i < y.length; i++) y[i] = a[i] * b[i % b.length]
        }
      }
      case 'dense':
        return () => values[step.to].set(values[step.from])
      case 'recall':
        return () => values[step.to].set(states[step.state])
      case 'remember':
        return () => states[step.state].set(values[step.from])
    }
  }

  /** What a layer of weights reads. */
  protected inputOf({ from }: ConvStep | LinearStep): ArrayLike<number> {
    return this.values[from]
  }

  private convolution(step: ConvStep): void {
    const { from, to, weight, bias, stride, padding, dilation, groups } = step
    const [x, y] = [this.inputOf(step), this.values[to]]
    const [kh, kw, groupIn, out] = weight.shape
    const [height, width, channels] = this.plan.values[from].shape
    const [rows, columns] = this.plan.values[to].shape
    const groupOut = out / groups
    for (let i = 0; i < y.length; i++) y[i] = bias?.[i % out] ?? 0
    for (let oy = 0; oy < rows; oy++)
      for (let ox = 0; ox < columns; ox++)
        for (let ky = 0; ky < kh; ky++)
          for (let kx = 0; kx < kw; kx++) {
            const [iy, ix] = [
              oy * stride[0] - padding[0] + ky * dilation[0],
              ox * stride[1] - padding[1] + kx * dilation[1],
            ]
            if (iy < 0 || iy >= height || ix < 0 || ix >= width) continue
            for (let c = 0; c < channels; c++) {
              const value = x[(iy * width + ix) * channels + c]
              if (value === 0) continue
              const group = Math.floor(c / groupIn)
              const row = ((ky * kw + kx) * groupIn + (c - group * groupIn)) * out + group * groupOut
              const place = (oy * columns + ox) * out + group * groupOut
              for (let k = 0; k < groupOut; k++) y[place + k] += value * weight.values[row + k]
            }
          }
  }

  private linear(step: LinearStep): void {
    const { to, weight, bias } = step
    const [x, y] = [this.inputOf(step), this.values[to]]
    for (let k = 0; k < y.length; k++) y[k] = bias?.[k] ?? 0
    for (let i = 0; i < x.length; i++) {
      if (x[i] !== 0) for (let k = 0; k < y.length; k++) y[k] += x[i] * weight.values[i * y.length + k]
    }
  }

  private neurons(step: NeuronStep, at: number, spike: PlanRunOptions['spike']): () => void {
    const { neuron, scale, shift, parameters, firstState } = step
    const { program } = neuron
    const [x, y] = [this.values[step.from], this.values[step.to]]
    const states = program.states.map((_, k) => this.states[firstState + k])
    const channels = (scale ?? shift)?.length ?? 1
    let current = 0
    const decided = spike && { spike: (v: number) => spike(at, current, v) }
    const forward: ForwardStep = compileForward(program, decided ?? {})
    const values = new Float64Array(program.instructions.length)
    const before = new Float64Array(states.length)
    const learned = new Float64Array(parameters.length)
    return () => {
      for (let i = 0; i < y.length; i++) {
        current = i
        const input = x[i] * (scale?.[i % channels] ?? 1) + (shift?.[i % channels] ?? 0)
        for (let k = 0; k < states.length; k++) before[k] = states[k][i]
        for (let k = 0; k < learned.length; k++) learned[k] = parameters[k][i % parameters[k].length]
        forward(values, input, before, learned)
        for (let k = 0; k < states.length; k++) states[k][i] = values[program.states[k].next]
        y[i] = values[program.output]
      }
    }
  }

  private pool({ from, to, kind, rows, columns, area }: PoolStep): void {
    const [x, y] = [this.values[from], this.values[to]]
    const [, width, channels] = this.plan.values[from].shape
    let out = 0
    for (const row of rows)
      for (const column of columns)
        for (let c = 0; c < channels; c++, out++) {
          let [sum, most] = [0, Number.NEGATIVE_INFINITY]
          for (let iy = row.from; iy < row.to; iy++)
            for (let ix = column.from; ix < column.to; ix++) {
              const value = x[(iy * width + ix) * channels + c]
              sum += value
              most = Math.max(most, value)
            }
          y[out] = kind === 'max' ? most : sum / (area ?? (row.to - row.from) * (column.to - column.from))
        }
  }
}
