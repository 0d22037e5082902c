import type { Adjoint, Instruction, LearnableParameter, Neuron, Program, ValueId } from './program.ts'

/** A neuron for reading: equations, program, adjoint, and what they hold. The same neuron prints the same text. */
export function printNeuron(neuron: Neuron): string {
  const { program, adjoint } = neuron
  const sections = [
    titled(`neuron ${neuron.name}`, neuron.paper === undefined ? [] : [neuron.paper]),
    titled('input', temporalLines(neuron)),
    titled('equations', neuron.equations.split('\n')),
    titled(
      'states',
      program.states.map((state) => `${state.name}  starts at ${state.start}, next ${id(state.next)}`),
    ),
    titled('learnable', program.parameters.map(parameterLine)),
    titled('observables', observableLines(program)),
    surrogateSection(neuron),
    printProgram(program),
    printAdjoint(program, adjoint),
    titled('warnings', neuron.warnings ?? []),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

/** One line per instruction of a step. */
export function printProgram(program: Program): string {
  const lines = instructionLines(program, program.instructions, 0)
  const { levels } = program
  const kind = levels === 0 ? 'dense' : levels === 1 ? 'spikes' : `counts of up to ${levels} spikes`
  return titled('step', [...lines, `s = ${id(program.output)}, ${kind}`])
}

/** One line per instruction of a step in reverse time, and where the results are. */
export function printAdjoint(program: Program, adjoint: Adjoint): string {
  const lines = instructionLines(program, adjoint.instructions, program.instructions.length)
  return titled('step in reverse', [
    ...lines,
    `dL/dx = ${id(adjoint.input)}`,
    ...adjoint.states.map((value, k) => `dL/d${program.states[k].name}[t-1] = ${id(value)}`),
    ...adjoint.parameters.map((value, k) => `dL/d${program.parameters[k].name} += ${id(value)}`),
  ])
}

function titled(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return title.startsWith('neuron') ? title : ''
  return [title, ...lines.map((line) => `  ${line}`)].join('\n')
}

function id(value: ValueId): string {
  return `%${value}`
}

function instructionLines(program: Program, instructions: readonly Instruction[], first: number): string[] {
  const width = id(first + instructions.length - 1).length
  return instructions.map(
    (instruction, i) => `${id(first + i).padStart(width)} = ${instructionText(program, instruction)}`,
  )
}

/** How an instruction is written where it is not just its name and arguments. */
const texts: {
  readonly [op: string]: (args: readonly string[], instruction: Instruction, program: Program) => string
} = {
  constant: (_, { value }) => `${value}`,
  input: () => 'x[t]',
  state: (_, { index }, { states }) => `${states[index as number].name}[t-1]`,
  parameter: (_, { index }, { parameters }) => `parameter ${parameters[index as number].name}`,
  noise: (_, { index }) => `noise ${(index as number) + 1}`,
  outputGradient: () => 'dL/ds[t]',
  stateGradient: (_, { index }, { states }) => `dL/d${states[index as number].name}[t]`,
  add: ([a, b]) => `${a} + ${b}`,
  sub: ([a, b]) => `${a} - ${b}`,
  mul: ([a, b]) => `${a} * ${b}`,
  div: ([a, b]) => `${a} / ${b}`,
  neg: ([a]) => `-${a}`,
  pow: ([a], { value }) => `${a} ^ ${value}`,
  window: ([a], { value }) => `|${a}| <= ${value}`,
  where: ([v, a, b]) => `${v} >= 0 ? ${a} : ${b}`,
  positive: ([a]) => `${a} > 0`,
  less: ([a, b]) => `${a} < ${b}`,
  lessOrEqual: ([a, b]) => `${a} <= ${b}`,
}

function instructionText(program: Program, instruction: Instruction): string {
  const { op } = instruction
  const args = instruction.args.map(id)
  return Object.hasOwn(texts, op) ? texts[op](args, instruction, program) : `${op}(${args.join(', ')})`
}

function temporalLines({ temporal }: Neuron): string[] {
  if (temporal === undefined) return []
  if (temporal.kind === 'full') return ['x[t] = sum over all steps j of W[t, j] input[j], W learned']
  const steps = `the ${temporal.k} latest steps j`
  return temporal.kind === 'masked'
    ? [`x[t] = sum over ${steps} of W[t, j] input[j], W learned`]
    : [`x[t] = sum over ${steps} of w[t - j] input[j], w learned`]
}

function parameterLine({ name, scope, start, startText, min, max }: LearnableParameter): string {
  const shape = {
    layer: 'one per layer',
    channel: 'one per channel',
    neuron: 'one per neuron',
    step: 'one per step',
    stepChannel: 'one per step and channel',
  }
  const [one, more] = [start(1), start(4)]
  const at = startText ?? (Object.is(one, more) ? one : `${one} (T = 1), ${more} (T = 4)`)
  const least = min === undefined ? '' : `, at least ${min}`
  return `${name}  ${shape[scope]}, starts at ${at}${least}${max === undefined ? '' : `, at most ${max}`}`
}

function observableLines({ observables }: Program): string[] {
  return observables.map(({ name, value }) => `${name} = ${id(value)}`)
}

function surrogateSection({ program, surrogate }: Neuron): string {
  if (surrogate === undefined || !program.instructions.some(({ op }) => op === 'spike')) return ''
  const window = program.window === undefined ? 'everywhere' : `where |v| <= ${program.window}`
  return titled(`surrogate ${surrogate.name}, alpha ${surrogate.alpha}`, [`ds/dv = ${surrogate.derivative}, ${window}`])
}
