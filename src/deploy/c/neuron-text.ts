import type { Instruction, Neuron } from '../../equations/index.ts'
import { guardsOf } from '../guards.ts'
import { liveInstructions } from '../live.ts'
import { floatText } from './numbers.ts'

type Text = (args: readonly string[], value: number) => string

/** How C writes what reads values. */
const texts: { readonly [op: string]: Text } = {
  add: ([a, b]) => `${a} + ${b}`,
  sub: ([a, b]) => `${a} - ${b}`,
  mul: ([a, b]) => `${a} * ${b}`,
  div: ([a, b]) => `${a} / ${b}`,
  neg: ([a]) => `-${a}`,
  pow: ([a], n) => (n < 0 ? `1.0f / (${product(a, -n)})` : product(a, n)),
  sigmoid: ([a]) => `1.0f / (1.0f + expf(-${a}))`,
  tanh: ([a]) => `tanhf(${a})`,
  sin: ([a]) => `sinf(${a})`,
  cos: ([a]) => `cosf(${a})`,
  erf: ([a]) => `erff(${a})`,
  floor: ([a]) => `floorf(${a})`,
  round: ([a]) => `rintf(${a})`,
  where: ([v, a, b]) => `${v} >= 0.0f ? ${a} : ${b}`,
  exp: ([a]) => `expf(${a})`,
  log: ([a]) => `logf(${a})`,
  relu: ([a]) => `${a} > 0.0f ? ${a} : 0.0f`,
  abs: ([a]) => `${a} < 0.0f ? -${a} : ${a}`,
  sqrt: ([a]) => `sqrtf(${a})`,
  min: ([a, b]) => `${a} <= ${b} ? ${a} : ${b}`,
  max: ([a, b]) => `${a} >= ${b} ? ${a} : ${b}`,
  spike: ([a]) => `${a} >= 0.0f ? 1.0f : 0.0f`,
  detach: ([a]) => a,
}

const ofMath = new Set(['sigmoid', 'tanh', 'sin', 'cos', 'erf', 'floor', 'round', 'exp', 'log', 'sqrt'])

function product(a: string, n: number): string {
  return n === 0 ? '1.0f' : Array<string>(n).fill(a).join(' * ')
}

/** Whether a neuron needs math.h. */
export function needsMath({ program }: Neuron): boolean {
  return liveInstructions(program).some((id) => ofMath.has(program.instructions[id].op))
}

/** How a function of neurons is called: what differs from layer to layer are its arguments. */
export interface NeuronFunction {
  readonly neuron: Neuron
  readonly scaled: boolean
  readonly shifted: boolean
  /** Whether each parameter has a value a channel. */
  readonly byChannel: readonly boolean[]
  /** Neurons whose states are computed together, which compilers make vectors of. */
  readonly block: number
}

/** The function's text. It returns how many neurons fired; of neurons that give numbers it returns 0. */
export function neuronFunctionText(name: string, made: NeuronFunction): string {
  const { neuron, scaled, shifted, byChannel, block } = made
  const { program } = neuron
  const { spiking } = program
  const channelled = scaled || shifted || byChannel.some((each) => each)
  const used = usedInstructions(program)
  const guards = guardsOf(program)
  const states = program.states.map((_, k) => `float *restrict s${k}`)
  const parameters = program.parameters.flatMap((_, k) =>
    isRead(program.instructions, used, k) ? [`const float *restrict p${k}`] : [],
  )
  const args = [
    'uint32_t size',
    ...(channelled ? ['uint32_t channels'] : []),
    'const float *restrict x',
    ...(scaled ? ['const float *restrict scale'] : []),
    ...(shifted ? ['const float *restrict shift'] : []),
    ...parameters,
    ...states,
    spiking ? 'index_t *restrict list' : 'float *restrict out',
  ]
  const body: string[] = []
  const at = (values: string) => `${values}[i + j]`
  const input = `${at('x')}${scaled ? ' * scale[c + j]' : ''}${shifted ? ' + shift[c + j]' : ''}`
  for (const id of used) {
    const { op, args: operands, value = 0, index = 0 } = program.instructions[id]
    const text = textOf(
      op,
      operands.map((a) => `v${a}`),
      value,
      index,
      input,
      byChannel,
      at,
    )
    const guard = guards.get(id)
    body.push(`const float v${id} = ${guard === undefined ? text : `v${guard} != 0.0f ? ${text} : 0.0f`};`)
  }
  program.states.forEach(({ next }, k) => body.push(`${at(`s${k}`)} = v${next};`))
  const argument = spiking ? program.instructions[program.output].args[0] : program.output
  body.push(spiking ? `over[j] = v${argument};` : `${at('out')} = v${argument};`)
  const lines = [
    `/* ${neuron.name} */`,
    `static uint32_t ${name}(${args.join(', ')}) {`,
    '  uint32_t count = 0;',
    ...(channelled ? ['  uint32_t c = 0;'] : []),
    `  for (uint32_t i = 0; i < size; i += ${block}u) {`,
    ...(spiking ? [`    float over[${block}];`] : []),
    `    for (uint32_t j = 0; j < ${block}u; j++) {`,
    ...body.map((line) => `      ${line}`),
    '    }',
    ...(spiking
      ? [`    for (uint32_t j = 0; j < ${block}u; j++) if (over[j] >= 0.0f) list[count++] = (index_t)(i + j);`]
      : []),
    ...(channelled ? [`    c += ${block}u;`, '    if (c == channels) c = 0;'] : []),
    '  }',
    '  return count;',
    '}',
  ]
  return lines.join('\n')
}

/** Live instructions, without a spike that is a decision alone: C refuses variables that nobody reads. */
function usedInstructions(program: Neuron['program']): ReadonlySet<number> {
  const used = new Set(liveInstructions(program))
  const { output, spiking, states, instructions } = program
  const isRead =
    [...used].some((id) => instructions[id].args.includes(output)) || states.some(({ next }) => next === output)
  if (spiking && !isRead) used.delete(output)
  return used
}

function isRead(instructions: readonly Instruction[], used: ReadonlySet<number>, k: number): boolean {
  return instructions.some(({ op, index }, id) => op === 'parameter' && index === k && used.has(id))
}

/** The learned parameters that a neuron's step reads. */
export function readParameters({ program }: Neuron): readonly number[] {
  const used = new Set(liveInstructions(program))
  return program.parameters.map((_, k) => k).filter((k) => isRead(program.instructions, used, k))
}

function textOf(
  op: Instruction['op'],
  args: readonly string[],
  value: number,
  index: number,
  input: string,
  byChannel: readonly boolean[],
  at: (values: string) => string,
): string {
  if (op === 'constant') return floatText(value)
  if (op === 'input') return input
  if (op === 'state') return at(`s${index}`)
  if (op === 'parameter') return byChannel[index] ? `p${index}[c + j]` : `p${index}[0]`
  const text = texts[op]
  if (!text) throw new Error(`no C for ${op}`)
  return text(args, value)
}
