import type { Instruction, Neuron, ValueId } from '../../equations/index.ts'
import { guardsOf } from '../guards.ts'
import { changingInstructions } from '../still.ts'
import type { Arithmetic } from './arithmetic.ts'

/** How a function of neurons is called: what differs from layer to layer are its arguments. */
export interface NeuronFunction {
  readonly neuron: Neuron
  readonly scaled: boolean
  readonly shifted: boolean
  /** What is the same at every step comes as an argument; whether it has a value a channel. */
  readonly still: ReadonlyMap<ValueId, boolean>
  /** Neurons whose states are computed together, which compilers make vectors of. */
  readonly block: number
}

/** The function's text. It returns how many neurons fired; of neurons that give numbers it returns 0. */
export function neuronFunctionText(name: string, made: NeuronFunction, arithmetic: Arithmetic): string {
  const { neuron, scaled, shifted, still, block } = made
  const { program } = neuron
  const { spiking } = program
  const { zero, kept } = arithmetic
  const channelled = scaled || shifted || [...still.values()].some((byChannel) => byChannel)
  const guards = guardsOf(program)
  const args = [
    'uint32_t size',
    ...(channelled ? ['uint32_t channels'] : []),
    'const number *restrict x',
    ...(scaled ? ['const number *restrict scale'] : []),
    ...(shifted ? ['const number *restrict shift'] : []),
    ...[...still.keys()].map((id) => `const number *restrict p${id}`),
    ...program.states.map((_, k) => `number *restrict s${k}`),
    spiking ? 'index_t *restrict list' : 'number *restrict out',
  ]
  const at = (values: string) => `${values}[i + j]`
  const product = scaled ? arithmetic.times(at('x'), 'scale[c + j]') : at('x')
  const input = shifted ? arithmetic.sum(product, 'shift[c + j]') : product
  const body = [...still].map(([id, byChannel]) => `const number v${id} = p${id}[${byChannel ? 'c + j' : '0'}];`)
  for (const id of usedInstructions(neuron)) {
    const text = textOf(program.instructions[id], arithmetic, input, at)
    const guard = guards.get(id)
    body.push(`const number v${id} = ${guard === undefined ? text : `v${guard} != ${zero} ? ${text} : ${zero}`};`)
  }
  program.states.forEach(({ next }, k) => body.push(`${at(`s${k}`)} = ${kept(`v${next}`)};`))
  const argument = spiking ? program.instructions[program.output].args[0] : program.output
  body.push(spiking ? `over[j] = v${argument};` : `${at('out')} = ${kept(`v${argument}`)};`)
  const lines = [
    `/* ${neuron.name} */`,
    `static uint32_t ${name}(${args.join(', ')}) {`,
    '  uint32_t count = 0;',
    ...(channelled ? ['  uint32_t c = 0;'] : []),
    `  for (uint32_t i = 0; i < size; i += ${block}u) {`,
    ...(spiking ? [`    number over[${block}];`] : []),
    `    for (uint32_t j = 0; j < ${block}u; j++) {`,
    ...body.map((line) => `      ${line}`),
    '    }',
    ...(spiking
      ? [`    for (uint32_t j = 0; j < ${block}u; j++) if (over[j] >= ${zero}) list[count++] = (index_t)(i + j);`]
      : []),
    ...(channelled ? [`    c += ${block}u;`, '    if (c == channels) c = 0;'] : []),
    '  }',
    '  return count;',
    '}',
  ]
  return lines.join('\n')
}

/** What a step computes, without a spike that is a decision alone: C refuses variables that nobody reads. */
function usedInstructions(neuron: Neuron): readonly ValueId[] {
  const { output, spiking, states, instructions } = neuron.program
  const used = changingInstructions(neuron)
  const isRead = used.some((id) => instructions[id].args.includes(output)) || states.some(({ next }) => next === output)
  return spiking && !isRead ? used.filter((id) => id !== output) : used
}

function textOf(
  { op, args, value = 0, index = 0 }: Instruction,
  { text, operations }: Arithmetic,
  input: string,
  at: (values: string) => string,
): string {
  if (op === 'constant') return text(value)
  if (op === 'input') return input
  if (op === 'state') return at(`s${index}`)
  const written = operations[op]
  if (!written) throw new Error(`no C for ${op}`)
  return written(
    args.map((arg) => `v${arg}`),
    value,
  )
}
