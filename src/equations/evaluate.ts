import { arithmetic, isPureOp, type Step } from './arithmetic.ts'
import type { Adjoint, Instruction, Program, ValueId } from './program.ts'

/** One forward step: fills `values[id]` for every instruction of the program. */
export type ForwardStep = (
  values: Float64Array,
  x: number,
  states: Float64Array,
  parameters: Float64Array,
  noise?: Float64Array,
) => void

/** One step of reverse time: reads the forward values of its step, fills those of the adjoint's instructions. */
export type AdjointStep = (values: Float64Array, outputGradient: number, stateGradients: Float64Array) => void

export interface EvaluateOptions {
  /** In place of the step function: a smooth one makes gradients comparable with finite differences. */
  readonly spike?: (v: number) => number
}

/**
 * A program as a float64 function of one step. `states` and `parameters` are in the program's order; the states after
 * the step are `values[program.states[i].next]`, its output `values[program.output]`.
 */
export function compileForward(program: Program, { spike }: EvaluateOptions = {}): ForwardStep {
  const { instructions } = program
  const steps = pureSteps(instructions, 0, spike)
  const constants = sources(instructions, 0, 'constant')
  const inputs = sources(instructions, 0, 'input')
  const states = sources(instructions, 0, 'state')
  const parameters = sources(instructions, 0, 'parameter')
  const drawn = sources(instructions, 0, 'noise')
  return (values, x, stateValues, parameterValues, noise) => {
    for (const { id, value } of constants) values[id] = value
    for (const { id } of inputs) values[id] = x
    for (const { id, index } of states) values[id] = stateValues[index]
    for (const { id, index } of parameters) values[id] = parameterValues[index]
    for (const { id, index } of drawn) values[id] = noise?.[index] ?? 0
    for (const step of steps) step(values)
  }
}

/** Instructions that read constants and states alone, as a function of the states; gives all values. */
export function compileInstructions(instructions: readonly Instruction[]): (states: readonly number[]) => Float64Array {
  const steps = pureSteps(instructions, 0)
  const constants = sources(instructions, 0, 'constant')
  const states = sources(instructions, 0, 'state')
  const values = new Float64Array(instructions.length)
  return (given) => {
    for (const { id, value } of constants) values[id] = value
    for (const { id, index } of states) values[id] = given[index]
    for (const step of steps) step(values)
    return values
  }
}

/** An adjoint as a float64 function; `values` has room for both lists and holds the forward values of the step. */
export function compileAdjoint(program: Program, adjoint: Adjoint): AdjointStep {
  const first = program.instructions.length
  const steps = pureSteps(adjoint.instructions, first)
  const constants = sources(adjoint.instructions, first, 'constant')
  const outputs = sources(adjoint.instructions, first, 'outputGradient')
  const states = sources(adjoint.instructions, first, 'stateGradient')
  return (values, outputGradient, stateGradients) => {
    for (const { id, value } of constants) values[id] = value
    for (const { id } of outputs) values[id] = outputGradient
    for (const { id, index } of states) values[id] = stateGradients[index]
    for (const step of steps) step(values)
  }
}

function pureSteps(instructions: readonly Instruction[], first: number, spike?: (v: number) => number): Step[] {
  return instructions.flatMap(({ op, args, value = 0 }, i) => {
    if (op === 'spike' && spike !== undefined) return [replacedSpike(first + i, args[0], spike)]
    return isPureOp(op) ? [arithmetic[op](first + i, args, value)] : []
  })
}

function replacedSpike(to: ValueId, from: ValueId, spike: (v: number) => number): Step {
  return (values) => {
    values[to] = spike(values[from])
  }
}

interface Source {
  readonly id: ValueId
  readonly index: number
  readonly value: number
}

function sources(instructions: readonly Instruction[], first: number, wanted: Instruction['op']): Source[] {
  return instructions.flatMap(({ op, index = 0, value = 0 }, i) =>
    op === wanted ? [{ id: first + i, index, value }] : [],
  )
}
