import { float16Bits, sizeOf } from '../../base/index.ts'
import type { FixedPlan } from '../fixed/index.ts'
import type { MemoryPlan } from '../memory.ts'
import type {
  AffineStep,
  ConvStep,
  LinearStep,
  NeuronStep,
  Plan,
  PlanStep,
  PlanWeights,
  PoolStep,
  ValueRef,
} from '../plan/index.ts'
import { stillRows } from '../still.ts'
import type { Arithmetic } from './arithmetic.ts'
import {
  type Counted,
  convolutionName,
  convolutionText,
  halfText,
  linearName,
  linearText,
  plainNeeds,
  plainTexts,
  shapeText,
  weightCTypes,
} from './kernels.ts'
import { type NeuronFunction, neuronFunctionText } from './neuron-text.ts'
import { arrayText } from './numbers.ts'

/** The steps of a plan as calls of functions of C, with the functions and tables that they need. */
export class StepTexts {
  readonly functions = new Map<string, string>()
  readonly tables: string[] = []
  /** The calls, in order. */
  readonly work: string[] = []
  weightBytes = 0
  tableBytes = 0
  private readonly plan: Plan
  private readonly memory: MemoryPlan
  private readonly arithmetic: Arithmetic
  private readonly fixed: FixedPlan | null
  private readonly plain: { readonly [name: string]: string }
  private readonly neuronNames = new Map<string, string>()

  /** @param fixed how large numbers are, where they are whole */
  constructor(plan: Plan, memory: MemoryPlan, arithmetic: Arithmetic, fixed: FixedPlan | null) {
    this.plan = plan
    this.memory = memory
    this.arithmetic = arithmetic
    this.fixed = fixed
    this.plain = plainTexts(arithmetic)
  }

  size(ref: ValueRef): number {
    return sizeOf(this.plan.values[ref].shape)
  }

  isSpikes(ref: ValueRef): boolean {
    return this.plan.values[ref].kind === 'spikes'
  }

  numbers(ref: ValueRef): string {
    const at = this.memory.numbers.get(ref)
    if (at === undefined) throw new Error(`value ${ref} has no numbers`)
    return `numbers + ${at}`
  }

  list(ref: ValueRef): string {
    return `lists + ${this.memory.lists.get(ref)!}`
  }

  /** A plain function, with what it needs. */
  uses(name: string): string {
    for (const needed of plainNeeds[name] ?? []) this.functions.set(needed, this.plain[needed])
    this.functions.set(name, this.plain[name])
    return name
  }

  call(name: string, args: readonly (string | number)[], counted?: ValueRef): void {
    const made = `${this.uses(name)}(${args.join(', ')});`
    this.work.push(counted === undefined ? made : `counts[${counted}] = ${made}`)
  }

  step(step: PlanStep, at: number) {
    switch (step.op) {
      case 'conv':
      case 'linear':
        return this.weighted(step, at)
      case 'affine':
        return this.affine(step, at)
      case 'neurons':
        return this.neurons(step, at)
      case 'pool':
        return this.pool(step, at)
      case 'add': {
        const [a, b] = step.from
        this.densified(a, step.to)
        if (this.isSpikes(b)) return this.call('add_spikes', [this.numbers(step.to), this.list(b), `counts[${b}]`])
        return this.call('add_values', [this.numbers(step.to), this.numbers(b), this.size(step.to)])
      }
      case 'multiply':
        return this.multiply(step)
      case 'dense':
        return this.densified(step.from, step.to)
      case 'recall': {
        const kept = this.state(step.state)
        const size = this.size(step.to)
        if (this.isSpikes(step.to)) return this.call('nonzeros', [kept, size, this.list(step.to)], step.to)
        return this.call('copy', [this.numbers(step.to), kept, size])
      }
      case 'remember': {
        const kept = this.state(step.state)
        const size = this.size(step.from)
        if (!this.isSpikes(step.from)) return this.call('copy', [kept, this.numbers(step.from), size])
        this.call('clear', [kept, size])
        return this.call('set_spikes', [kept, this.list(step.from), `counts[${step.from}]`])
      }
    }
  }

  private state(index: number): string {
    return `state.values + ${this.memory.states[index]}`
  }

  private table(name: string, values: ArrayLike<number>): string {
    return this.texts(name, Array.from(values, this.arithmetic.text))
  }

  private texts(name: string, texts: readonly string[]): string {
    this.tables.push(arrayText('number', name, texts))
    this.tableBytes += 4 * texts.length
    return name
  }

  /** A value's numbers in another's place. */
  private densified(from: ValueRef, to: ValueRef) {
    if (!this.isSpikes(from)) return this.call('copy', [this.numbers(to), this.numbers(from), this.size(to)])
    this.call('clear', [this.numbers(to), this.size(to)])
    this.call('set_spikes', [this.numbers(to), this.list(from), `counts[${from}]`])
  }

  private multiply({ from: [a, b], to }: Extract<PlanStep, { op: 'multiply' }>) {
    if (!this.isSpikes(to)) {
      const sizes = [this.size(a), this.size(b)]
      return this.call('multiply_values', [this.numbers(a), this.numbers(b), ...sizes, this.numbers(to)])
    }
    const lists = [this.list(a), `counts[${a}]`, this.list(b), `counts[${b}]`]
    this.call('both_spikes', [...lists, this.size(b), 'marks', this.list(to)], to)
  }

  private affine(step: AffineStep, at: number) {
    const { from, to, shift } = step
    const scale = this.fixed?.scales.get(step)
    const [channels, out] = [shift.length, this.numbers(to)]
    const size = this.size(to)
    if (!scale) {
      const rows = [this.table(`scale${at}`, step.scale), this.table(`shift${at}`, shift)]
      return this.call('scale_shift', [this.numbers(from), size, ...rows, channels, out])
    }
    const multiplier = this.texts(`multiplier${at}`, Array.from(scale.multipliers, String))
    const rest = [scale.bits, this.table(`shift${at}`, shift), channels, out]
    this.call('scale_sums', [this.numbers(from), size, multiplier, ...rest])
  }

  private weights(at: number, { type, values }: PlanWeights): string {
    const texts =
      type === 'float16'
        ? Array.from(values, (value) => String(float16Bits(value)))
        : Array.from(values, type === 'float32' ? this.arithmetic.text : String)
    if (type === 'float16') this.functions.set('half', halfText)
    this.tables.push(arrayText(weightCTypes[type], `weight${at}`, texts))
    this.weightBytes += values.length * { float32: 4, float16: 2, int16: 2, int8: 1 }[type]
    return `weight${at}`
  }

  private weighted(step: ConvStep | LinearStep, at: number): void {
    const { from, to, bias, weight } = step
    const out = this.numbers(to)
    if (bias) this.call('fill', [out, this.size(to), this.table(`bias${at}`, bias), bias.length])
    else this.call('clear', [out, this.size(to)])
    const table = this.weights(at, weight)
    const call = (counted: Counted, ...given: readonly (string | number)[]) => {
      const rest = [table, ...given, out].join(', ')
      if (step.op === 'linear') {
        const name = linearName(weight.type, counted)
        this.functions.set(name, linearText(weight.type, counted, this.arithmetic))
        return `${name}(${this.size(to)}, ${rest});`
      }
      this.functions.set('convolution', shapeText)
      const name = convolutionName(weight.type, counted)
      this.functions.set(name, convolutionText(weight.type, counted, this.arithmetic))
      return `${name}(&shape${at}, ${rest});`
    }
    if (step.op === 'conv') this.shape(step, at)
    if (this.isSpikes(from)) {
      this.work.push(call('spikes', this.list(from), `counts[${from}]`))
      return
    }
    const input = this.fixed?.inputs.get(step)
    const ofNumbers = (list: string, count: string, values: string) =>
      input ? call('reduced', list, count, values, input.most, input.dropped) : call('values', list, count, values)
    if (from === 0 && !this.memory.keepsFrame) {
      const frame = ['frame_list', 'frame_count'] as const
      this.work.push(`if (frame_values) ${ofNumbers(...frame, 'frame_values')}`)
      this.work.push(`else ${input ? call('units', ...frame, input.unit) : call('spikes', ...frame)}`)
      return
    }
    this.work.push(`counts[${from}] = ${this.uses('nonzeros')}(${this.numbers(from)}, ${this.size(from)}, found);`)
    this.work.push(ofNumbers('found', `counts[${from}]`, this.numbers(from)))
  }

  private shape({ from, to, weight, stride, padding, dilation, groups }: ConvStep, at: number): void {
    const [, width, channels] = this.plan.values[from].shape
    const [rows, columns] = this.plan.values[to].shape
    const [kh, kw, groupIn, out] = weight.shape
    const sides = [width, channels, rows, columns, out, kh, kw]
    const numbers = [...sides, ...stride, ...padding, ...dilation, groupIn, out / groups]
    this.functions.set('convolution', shapeText)
    this.functions.set(`shape${at}`, `static const convolution shape${at} = {${numbers.join(', ')}};`)
    this.tableBytes += 4 * numbers.length
  }

  private neurons(step: NeuronStep, at: number): void {
    const { neuron, scale, shift, firstState, from, to } = step
    const size = this.size(to)
    const still = stillRows(step)
    const rows = [scale, shift, ...[...still.values()].filter((values) => values.length > 1)]
    const channels = rows.find((row) => row !== null)?.length
    const block = [16, 8, 4, 2].find((count) => size % count === 0 && (channels ?? size) % count === 0) ?? 1
    const byChannel = new Map([...still].map(([id, values]) => [id, values.length > 1]))
    const made: NeuronFunction = { neuron, scaled: scale !== null, shifted: shift !== null, still: byChannel, block }
    const key = JSON.stringify([neuron.program, made.scaled, made.shifted, [...byChannel], block])
    const name = this.neuronNames.get(key) ?? `neurons${this.neuronNames.size}`
    this.neuronNames.set(key, name)
    this.functions.set(name, neuronFunctionText(name, made, this.arithmetic))
    const args = [
      size,
      ...(channels === undefined ? [] : [channels]),
      this.numbers(from),
      ...(scale ? [this.table(`scale${at}`, scale)] : []),
      ...(shift ? [this.table(`shift${at}`, shift)] : []),
      ...[...still].map(([id, values]) => this.table(`parameter${at}_${id}`, values)),
      ...neuron.program.states.map((_, k) => this.state(firstState + k)),
      this.isSpikes(to) ? this.list(to) : this.numbers(to),
    ]
    this.work.push(`counts[${to}] = ${name}(${args.join(', ')});`)
  }

  private pool(step: PoolStep, at: number) {
    const { from, to, kind, rows, columns, area, window } = step
    const [, width, channels] = this.plan.values[from].shape
    if (this.isSpikes(from) && window) {
      const { kernel, stride, padding } = window
      const numbers = [width, channels, rows.length, columns.length, ...kernel, ...stride, ...padding]
      this.uses('windows')
      this.functions.set(`windows${at}`, `static const windows windows${at} = {${numbers.join(', ')}};`)
      this.tableBytes += 4 * numbers.length
      const list = [`&windows${at}`, this.list(from), `counts[${from}]`]
      if (kind === 'max') return this.call('largest_spikes', [...list, 'marks', this.list(to)], to)
      this.call('clear', [this.numbers(to), this.size(to)])
      return this.call('average_spikes', [...list, this.arithmetic.text(1 / area!), this.numbers(to)])
    }
    const spans = (name: string, all: typeof rows) => {
      const texts = all.flatMap((span) => [String(span.from), String(span.to)])
      this.tables.push(arrayText('uint16_t', name, texts))
      this.tableBytes += 4 * all.length
      return name
    }
    const [down, across] = [spans(`rows${at}`, rows), spans(`columns${at}`, columns)]
    const shape = [width, channels, down, rows.length, across, columns.length, area ?? 0, kind === 'max' ? 1 : 0]
    this.call('pool', [this.numbers(from), ...shape, this.numbers(to)])
  }
}
