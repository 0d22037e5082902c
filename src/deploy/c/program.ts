import { float16Bits, sizeOf, UsageError } from '../../base/index.ts'
import { memoryOf } from '../memory.ts'
import type {
  ConvStep,
  LinearStep,
  NeuronStep,
  Plan,
  PlanStep,
  PlanWeights,
  PoolStep,
  ValueRef,
} from '../plan/index.ts'
import {
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
import { type NeuronFunction, needsMath, neuronFunctionText, readParameters } from './neuron-text.ts'
import { arrayText, floatsText } from './numbers.ts'
import { exampleText, headerText } from './surface.ts'

export interface CProgram {
  /** Texts of NAME.c, NAME.h and of an example with a `main`. */
  readonly source: string
  readonly header: string
  readonly example: string
  /** Bytes of memory that it keeps; the stack is a few hundred more. */
  readonly ram: number
  /** Of that, the block that is carried from step to step. */
  readonly stateBytes: number
  /** Bytes of weights, and of the other tables. Code comes on top. */
  readonly weightBytes: number
  readonly tableBytes: number
}

export interface COptions {
  /** Prefix of its functions, and name of its files. */
  readonly name: string
  /** False keeps every value until the next step, for those who look at them. */
  readonly reuse?: boolean
}

/**
 * A plan as one C99 file and its header: no malloc, no library but math.h, and that only for neurons that need it.
 * @throws UsageError for a name that C cannot use
 */
export function cProgram(plan: Plan, { name, reuse = true }: COptions): CProgram {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,40}$/.test(name)) {
    throw new UsageError({
      what: 'no name for functions of C',
      expected: 'letters, digits and _, a letter first',
      got: name,
    })
  }
  return new CWriter(plan, name, reuse).program()
}

class CWriter {
  private readonly plan: Plan
  private readonly name: string
  private readonly memory
  private readonly functions = new Map<string, string>()
  private readonly tables: string[] = []
  private readonly work: string[] = []
  private weightBytes = 0
  private tableBytes = 0
  private readonly neuronNames = new Map<string, string>()
  private readonly wide: boolean

  constructor(plan: Plan, name: string, reuse: boolean) {
    this.plan = plan
    this.name = name
    this.memory = memoryOf(plan, { reuse })
    this.wide = plan.values.some(({ shape }) => sizeOf(shape) > 65536)
  }

  program(): CProgram {
    const { plan, memory, name } = this
    if (!memory.keepsFrame) this.uses('nonzeros')
    plan.steps.forEach((step, at) => this.step(step, at))
    this.outputs()
    const outputs = this.size(plan.output)
    const indexBytes = this.wide ? 4 : 2
    const lists = memory.listCount + memory.nonzeros + memory.frameList
    const stateBytes = 4 * (memory.stateCount + outputs) + 4
    const ram =
      stateBytes + 4 * memory.numberCount + indexBytes * lists + memory.marks + 4 * plan.values.length + 4 * outputs
    const neurons = plan.steps.flatMap((step) => (step.op === 'neurons' ? [step.neuron] : []))
    const facts = {
      name,
      network: plan.name,
      input: plan.values[0].shape,
      outputs,
      stateCount: memory.stateCount,
      wide: this.wide,
    }
    const source = [
      `/* ${plan.name}, written by Spikelet. One time step of a spiking network; see ${name}.h. */`,
      `#include "${name}.h"`,
      ...(neurons.some(needsMath) ? ['#include <math.h>'] : []),
      '',
      `typedef ${name}_index index_t;`,
      '',
      ...this.tables,
      '',
      `static ${name}_state state;`,
      `static float latest[${outputs}];`,
      `static uint32_t counts[${plan.values.length}];`,
      ...(memory.numberCount > 0 ? [`static float numbers[${memory.numberCount}];`] : []),
      ...(memory.listCount > 0 ? [`static index_t lists[${memory.listCount}];`] : []),
      ...(memory.nonzeros > 0 ? [`static index_t found[${memory.nonzeros}];`] : []),
      ...(memory.frameList > 0 ? [`static index_t framed[${memory.frameList}];`] : []),
      ...(memory.marks > 0 ? [`static uint8_t marks[${memory.marks}];`] : []),
      '',
      ...[...this.functions.values()].flatMap((text) => [text, '']),
      this.resetText(),
      '',
      'static void run(const index_t *frame_list, uint32_t frame_count, const float *frame_values) {',
      ...this.frameUse(),
      ...this.work.map((line) => `  ${line}`),
      '}',
      '',
      this.entries(),
      '',
    ].join('\n')
    return {
      source,
      header: headerText(facts),
      example: exampleText(facts),
      ram,
      stateBytes,
      weightBytes: this.weightBytes,
      tableBytes: this.tableBytes,
    }
  }

  private size(ref: ValueRef): number {
    return sizeOf(this.plan.values[ref].shape)
  }

  private isSpikes(ref: ValueRef): boolean {
    return this.plan.values[ref].kind === 'spikes'
  }

  private numbers(ref: ValueRef): string {
    const at = this.memory.numbers.get(ref)
    if (at === undefined) throw new Error(`value ${ref} has no numbers`)
    return `numbers + ${at}`
  }

  private list(ref: ValueRef): string {
    return `lists + ${this.memory.lists.get(ref)!}`
  }

  private state(index: number): string {
    return `state.values + ${this.memory.states[index]}`
  }

  private uses(name: string): string {
    for (const needed of plainNeeds[name] ?? []) this.functions.set(needed, plainTexts[needed])
    this.functions.set(name, plainTexts[name])
    return name
  }

  private floats(name: string, values: ArrayLike<number>): string {
    this.tables.push(floatsText(name, values))
    this.tableBytes += 4 * values.length
    return name
  }

  private step(step: PlanStep, at: number) {
    switch (step.op) {
      case 'conv':
      case 'linear':
        return this.weighted(step, at)
      case 'affine': {
        const [scale, shift] = [this.floats(`scale${at}`, step.scale), this.floats(`shift${at}`, step.shift)]
        const args = [
          this.numbers(step.from),
          this.size(step.to),
          scale,
          shift,
          step.scale.length,
          this.numbers(step.to),
        ]
        return this.call('scale_shift', args)
      }
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
      case 'multiply': {
        const [a, b] = step.from
        if (!this.isSpikes(step.to)) {
          return this.call('multiply_values', [
            this.numbers(a),
            this.numbers(b),
            this.size(a),
            this.size(b),
            this.numbers(step.to),
          ])
        }
        const args = [
          this.list(a),
          `counts[${a}]`,
          this.list(b),
          `counts[${b}]`,
          this.size(b),
          'marks',
          this.list(step.to),
        ]
        return this.call('both_spikes', args, step.to)
      }
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

  private call(name: string, args: readonly (string | number)[], counted?: ValueRef): void {
    const made = `${this.uses(name)}(${args.join(', ')});`
    this.work.push(counted === undefined ? made : `counts[${counted}] = ${made}`)
  }

  /** A value's numbers in another's place. */
  private densified(from: ValueRef, to: ValueRef) {
    if (!this.isSpikes(from)) return this.call('copy', [this.numbers(to), this.numbers(from), this.size(to)])
    this.call('clear', [this.numbers(to), this.size(to)])
    this.call('set_spikes', [this.numbers(to), this.list(from), `counts[${from}]`])
  }

  private weights(at: number, { type, values }: PlanWeights): string {
    const texts =
      type === 'float16'
        ? Array.from(values, (value) => String(float16Bits(value)))
        : Array.from(values, (value) => String(value))
    if (type === 'float16') this.functions.set('half', halfText)
    this.tables.push(
      type === 'float32' ? floatsText(`weight${at}`, values) : arrayText(weightCTypes[type], `weight${at}`, texts),
    )
    this.weightBytes += values.length * { float32: 4, float16: 2, int16: 2, int8: 1 }[type]
    return `weight${at}`
  }

  private weighted(step: ConvStep | LinearStep, at: number): void {
    const { from, to, bias, weight } = step
    const out = this.numbers(to)
    if (bias) this.call('fill', [out, this.size(to), this.floats(`bias${at}`, bias), bias.length])
    else this.call('clear', [out, this.size(to)])
    const table = this.weights(at, weight)
    const call = (valued: boolean, list: string, count: string, values: string) => {
      const given = valued ? `${list}, ${count}, ${values}` : `${list}, ${count}`
      if (step.op === 'linear') {
        const name = linearName(weight.type, valued)
        this.functions.set(name, linearText(weight.type, valued))
        return `${name}(${this.size(to)}, ${table}, ${given}, ${out});`
      }
      this.functions.set('convolution', shapeText)
      const name = convolutionName(weight.type, valued)
      this.functions.set(name, convolutionText(weight.type, valued))
      return `${name}(&shape${at}, ${table}, ${given}, ${out});`
    }
    if (step.op === 'conv') this.shape(step, at)
    if (this.isSpikes(from)) this.work.push(call(false, this.list(from), `counts[${from}]`, ''))
    else if (from === 0 && !this.memory.keepsFrame) {
      this.work.push(`if (frame_values) ${call(true, 'frame_list', 'frame_count', 'frame_values')}`)
      this.work.push(`else ${call(false, 'frame_list', 'frame_count', '')}`)
    } else {
      this.work.push(`counts[${from}] = ${this.uses('nonzeros')}(${this.numbers(from)}, ${this.size(from)}, found);`)
      this.work.push(call(true, 'found', `counts[${from}]`, this.numbers(from)))
    }
  }

  private shape({ from, to, weight, stride, padding, dilation, groups }: ConvStep, at: number): void {
    const [, width, channels] = this.plan.values[from].shape
    const [rows, columns] = this.plan.values[to].shape
    const [kh, kw, groupIn, out] = weight.shape
    const numbers = [
      width,
      channels,
      rows,
      columns,
      out,
      kh,
      kw,
      ...stride,
      ...padding,
      ...dilation,
      groupIn,
      out / groups,
    ]
    this.functions.set('convolution', shapeText)
    this.functions.set(`shape${at}`, `static const convolution shape${at} = {${numbers.join(', ')}};`)
    this.tableBytes += 4 * numbers.length
  }

  private neurons(step: NeuronStep, at: number): void {
    const { neuron, scale, shift, parameters, firstState, from, to } = step
    const size = this.size(to)
    const byChannel = parameters.map((values) => values.length > 1)
    const rows = [scale, shift, ...parameters.filter((values) => values.length > 1)].filter((row) => row !== null)
    const channels = rows[0]?.length
    const block = [16, 8, 4, 2].find((count) => size % count === 0 && (channels ?? size) % count === 0) ?? 1
    const made: NeuronFunction = { neuron, scaled: scale !== null, shifted: shift !== null, byChannel, block }
    const key = JSON.stringify([neuron.program, made.scaled, made.shifted, byChannel, block])
    const name = this.neuronNames.get(key) ?? `neurons${this.neuronNames.size}`
    this.neuronNames.set(key, name)
    this.functions.set(name, neuronFunctionText(name, made))
    const args = [
      size,
      ...(channels === undefined ? [] : [channels]),
      this.numbers(from),
      ...(scale ? [this.floats(`scale${at}`, scale)] : []),
      ...(shift ? [this.floats(`shift${at}`, shift)] : []),
      ...readParameters(neuron).map((k) => this.floats(`parameter${at}_${k}`, parameters[k])),
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
      return this.call('average_spikes', [...list, `1.0f / ${area}.0f`, this.numbers(to)])
    }
    const spans = (name: string, all: typeof rows) => {
      this.tables.push(
        arrayText(
          'uint16_t',
          name,
          all.flatMap((span) => [String(span.from), String(span.to)]),
        ),
      )
      this.tableBytes += 4 * all.length
      return name
    }
    const [down, across] = [spans(`rows${at}`, rows), spans(`columns${at}`, columns)]
    const shape = [width, channels, down, rows.length, across, columns.length, area ?? 0, kind === 'max' ? 1 : 0]
    return this.call('pool', [this.numbers(from), ...shape, this.numbers(to)])
  }

  /** The step's outputs, and their sums since the last reset. */
  private outputs(): void {
    const { output } = this.plan
    const size = this.size(output)
    if (this.isSpikes(output)) {
      this.call('clear', ['latest', size])
      this.call('set_spikes', ['latest', this.list(output), `counts[${output}]`])
    } else this.call('copy', ['latest', this.numbers(output), size])
    this.call('add_values', ['state.sums', 'latest', size])
    this.work.push('state.steps++;')
  }

  private frameUse(): string[] {
    if (!this.memory.keepsFrame)
      return this.plan.steps.some((step) => step.op !== 'recall' && [step.from].flat().includes(0))
        ? []
        : ['  (void)frame_list; (void)frame_count; (void)frame_values;']
    const frame = this.numbers(0)
    const size = this.size(0)
    this.uses('clear')
    this.uses('copy')
    this.uses('add_spikes')
    return [
      `  if (frame_values) copy(${frame}, frame_values, ${size});`,
      `  else { clear(${frame}, ${size}); add_spikes(${frame}, frame_list, frame_count); }`,
    ]
  }

  private resetText(): string {
    const { plan, memory, name } = this
    const starts = plan.states.map(({ start, size }, i) => {
      const text = Math.fround(start) === 0 ? '0.0f' : `${Number(Math.fround(start).toPrecision(9))}`
      const value = /[.e]/.test(text) ? text : `${text}.0`
      return `  for (uint32_t i = 0; i < ${size}u; i++) state.values[${memory.states[i]}u + i] = ${value.endsWith('f') ? value : `${value}f`};`
    })
    return [
      `void ${name}_reset(void) {`,
      ...starts,
      `  for (uint32_t i = 0; i < ${this.size(plan.output)}u; i++) state.sums[i] = 0.0f;`,
      '  state.steps = 0;',
      '}',
    ].join('\n')
  }

  private entries(): string {
    const { name, memory, plan } = this
    const outputs = this.size(plan.output)
    const size = this.size(0)
    const framed = memory.keepsFrame
      ? '  run((const index_t *)0, 0, frame);'
      : `  run(framed, nonzeros(frame, ${size}, framed), frame);`
    return `void ${name}_init(void) { ${name}_reset(); }

void ${name}_step(const float *frame) {
${framed}
}

void ${name}_step_events(const ${name}_index *events, uint32_t count) {
  run(events, count, (const float *)0);
}

const float *${name}_outputs(void) { return latest; }

void ${name}_logits(float *logits) {
  const float share = state.steps ? 1.0f / (float)state.steps : 0.0f;
  for (uint32_t i = 0; i < ${outputs}u; i++) logits[i] = state.sums[i] * share;
}

${name}_state *${name}_block(void) { return &state; }`
  }
}
