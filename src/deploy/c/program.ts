import { sizeOf, UsageError } from '../../base/index.ts'
import type { FixedPlan } from '../fixed/index.ts'
import { type MemoryPlan, memoryOf } from '../memory.ts'
import type { Plan } from '../plan/index.ts'
import { type Arithmetic, fixedArithmetic, floatArithmetic, needsMath } from './arithmetic.ts'
import { StepTexts } from './steps.ts'
import { type CFacts, exampleText, headerText } from './surface.ts'

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
 * A plan as one C99 file and its header: no malloc, no library but math.h, and that only for neurons that need it. A plan of
 * whole numbers needs no floating point at all.
 * @throws UsageError for a name that C cannot use
 */
export function cProgram(given: Plan | FixedPlan, { name, reuse = true }: COptions): CProgram {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,40}$/.test(name)) {
    throw new UsageError({
      what: 'no name for functions of C',
      expected: 'letters, digits and _, a letter first',
      got: name,
    })
  }
  const fixed = 'math' in given ? given : null
  const plan = 'math' in given ? given.plan : given
  return new CWriter(plan, fixed, memoryOf(plan, { reuse }), name).program()
}

class CWriter {
  private readonly plan: Plan
  private readonly name: string
  private readonly memory: MemoryPlan
  private readonly arithmetic: Arithmetic
  private readonly texts: StepTexts
  private readonly fixed: FixedPlan | null

  constructor(plan: Plan, fixed: FixedPlan | null, memory: MemoryPlan, name: string) {
    this.plan = plan
    this.name = name
    this.memory = memory
    this.fixed = fixed
    this.arithmetic = fixed ? fixedArithmetic(fixed.math) : floatArithmetic
    this.texts = new StepTexts(plan, memory, this.arithmetic, fixed)
  }

  program(): CProgram {
    const { plan, memory, texts, arithmetic } = this
    if (!memory.keepsFrame) texts.uses('nonzeros')
    plan.steps.forEach((step, at) => texts.step(step, at))
    this.outputs()
    const facts = this.facts()
    const { outputs } = facts
    const lists = memory.listCount + memory.nonzeros + memory.frameList
    const stateBytes = 4 * memory.stateCount + (arithmetic.sumType === 'float' ? 4 : 8) * outputs + 4
    const numbers = 4 * memory.numberCount + 4 * plan.values.length + 4 * outputs
    return {
      source: this.sourceText(facts),
      header: headerText(facts),
      example: exampleText(facts),
      ram: stateBytes + numbers + (facts.wide ? 4 : 2) * lists + memory.marks,
      stateBytes,
      weightBytes: texts.weightBytes,
      tableBytes: texts.tableBytes + (this.fixed ? 4 * this.fixed.math.sigmoidTable.length : 0),
    }
  }

  private facts(): CFacts {
    const { plan, name, memory, arithmetic, fixed } = this
    return {
      name,
      network: plan.name,
      input: plan.values[0].shape,
      outputs: this.texts.size(plan.output),
      stateCount: memory.stateCount,
      wide: plan.values.some(({ shape }) => sizeOf(shape) > 65536),
      numbers: { type: arithmetic.type, sumType: arithmetic.sumType, one: fixed?.math.one ?? null },
    }
  }

  private sourceText({ outputs }: CFacts): string {
    const { plan, memory, name, texts, arithmetic, fixed } = this
    const neurons = plan.steps.flatMap((step) => (step.op === 'neurons' ? [step.neuron] : []))
    return [
      `/* ${plan.name}, written by Spikelet. One time step of a spiking network; see ${name}.h. */`,
      `#include "${name}.h"`,
      ...(!fixed && neurons.some(needsMath) ? ['#include <math.h>'] : []),
      '',
      `typedef ${name}_index index_t;`,
      `typedef ${name}_number number;`,
      '',
      ...arithmetic.helpers.flatMap((text) => [text, '']),
      ...texts.tables,
      '',
      `static ${name}_state state;`,
      `static number latest[${outputs}];`,
      `static uint32_t counts[${plan.values.length}];`,
      ...(memory.numberCount > 0 ? [`static number numbers[${memory.numberCount}];`] : []),
      ...(memory.listCount > 0 ? [`static index_t lists[${memory.listCount}];`] : []),
      ...(memory.nonzeros > 0 ? [`static index_t found[${memory.nonzeros}];`] : []),
      ...(memory.frameList > 0 ? [`static index_t framed[${memory.frameList}];`] : []),
      ...(memory.marks > 0 ? [`static uint8_t marks[${memory.marks}];`] : []),
      '',
      ...[...texts.functions.values()].flatMap((text) => [text, '']),
      this.resetText(),
      '',
      'static void run(const index_t *frame_list, uint32_t frame_count, const number *frame_values) {',
      ...this.frameUse(),
      ...texts.work.map((line) => `  ${line}`),
      '}',
      '',
      this.entries(),
      '',
    ].join('\n')
  }

  /** The step's outputs, and their sums since the last reset. */
  private outputs(): void {
    const { texts } = this
    const { output } = this.plan
    const size = texts.size(output)
    if (texts.isSpikes(output)) {
      texts.call('clear', ['latest', size])
      texts.call('set_spikes', ['latest', texts.list(output), `counts[${output}]`])
    } else texts.call('copy', ['latest', texts.numbers(output), size])
    texts.work.push(`for (uint32_t i = 0; i < ${size}u; i++) state.sums[i] += latest[i];`)
    texts.work.push('state.steps++;')
  }

  private frameUse(): string[] {
    const { plan, memory, texts } = this
    if (!memory.keepsFrame) {
      const isRead = plan.steps.some((step) => step.op !== 'recall' && [step.from].flat().includes(0))
      return isRead ? [] : ['  (void)frame_list; (void)frame_count; (void)frame_values;']
    }
    const frame = texts.numbers(0)
    const size = texts.size(0)
    texts.uses('clear')
    texts.uses('copy')
    texts.uses('add_spikes')
    return [
      `  if (frame_values) copy(${frame}, frame_values, ${size});`,
      `  else { clear(${frame}, ${size}); add_spikes(${frame}, frame_list, frame_count); }`,
    ]
  }

  private resetText(): string {
    const { plan, memory, name, arithmetic } = this
    const starts = plan.states.map(({ start, size }, i) => {
      const at = `state.values[${memory.states[i]}u + i]`
      return `  for (uint32_t i = 0; i < ${size}u; i++) ${at} = ${arithmetic.text(start)};`
    })
    return [
      `void ${name}_reset(void) {`,
      ...starts,
      `  for (uint32_t i = 0; i < ${this.texts.size(plan.output)}u; i++) state.sums[i] = ${arithmetic.zero};`,
      '  state.steps = 0;',
      '}',
    ].join('\n')
  }

  private entries(): string {
    const { name, memory, plan, texts, fixed } = this
    const outputs = texts.size(plan.output)
    const framed = memory.keepsFrame
      ? '  run((const index_t *)0, 0, frame);'
      : `  run(framed, nonzeros(frame, ${texts.size(0)}, framed), frame);`
    const mean = fixed
      ? `  for (uint32_t i = 0; i < ${outputs}u; i++) logits[i] = state.steps ? (number)(state.sums[i] / (int64_t)state.steps) : 0;`
      : `  const float share = state.steps ? 1.0f / (float)state.steps : 0.0f;
  for (uint32_t i = 0; i < ${outputs}u; i++) logits[i] = state.sums[i] * share;`
    return `void ${name}_init(void) { ${name}_reset(); }

void ${name}_step(const ${name}_number *frame) {
${framed}
}

void ${name}_step_events(const ${name}_index *events, uint32_t count) {
  run(events, count, (const number *)0);
}

const ${name}_number *${name}_outputs(void) { return latest; }

void ${name}_logits(${name}_number *logits) {
${mean}
}

${name}_state *${name}_block(void) { return &state; }`
  }
}
