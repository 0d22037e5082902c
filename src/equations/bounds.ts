import { EquationError } from '../base/index.ts'
import type { Adjoint, Program } from './program.ts'

/**
 * How large a neuron may be, on every backend alike. Each operation costs a kernel registers or stack for several vectors of
 * neurons at once, and each target ends somewhere: WebAssembly at 50,000 locals, machine code at a thread's stack. Published
 * neurons have 20 to 100 operations. A text comes with checkpoints of other people, so it is bounded before it is read.
 */
const mostOperations = 1000
const mostNames = 500
const mostCharacters = 50_000

const aNeuron = 'A neuron is a few equations: let one layer do less, or use several.'

/** @throws EquationError where a text is longer than any neuron's */
export function checkLength(text: string): void {
  if (text.length > mostCharacters)
    throw new EquationError({
      what: 'the equations are too long',
      expected: `at most ${mostCharacters} characters`,
      got: `${text.length}`,
      next: aNeuron,
    })
}

/** @throws EquationError where more names are declared than any neuron has */
export function checkNames(count: number): void {
  if (count > mostNames)
    throw new EquationError({
      what: 'the neuron declares too many names',
      expected: `at most ${mostNames} constants, learnable parameters and states`,
      got: `${count}`,
      next: aNeuron,
    })
}

/** @throws EquationError where a step, or its gradient, takes more operations than kernels are written for */
export function checkOperations({ instructions }: Program, adjoint?: Adjoint): void {
  const backward = adjoint?.instructions.length ?? 0
  if (instructions.length + backward > mostOperations)
    throw new EquationError({
      what: 'the neuron is too large for a kernel',
      expected: `at most ${mostOperations} operations a step, those of its gradient included`,
      got: adjoint ? `${instructions.length} and ${backward}` : `${instructions.length} without its gradient`,
      next: aNeuron,
    })
}
