import type { Adjoint, Instruction, Program, ValueId } from './program.ts'

/** What a backward pass needs of the forward values, whatever it is written in. */

/**
 * Forward values that the adjoint reads, in order. Of a spiking program's window nobody needs the argument: the stored byte
 * knows whether it is open.
 */
export function readByAdjoint(program: Program, adjoint: Adjoint): ValueId[] {
  const count = program.instructions.length
  const read = new Set<ValueId>([adjoint.input, ...adjoint.states, ...adjoint.parameters])
  for (const { op, args } of adjoint.instructions) {
    if (op !== 'window' || !program.spiking) for (const a of args) read.add(a)
  }
  return [...read].filter((id) => id < count).sort((a, b) => a - b)
}

/**
 * Everything that some values depend on, themselves included.
 * @param known whether a value is at hand, so that nothing behind it is needed
 */
export function dependencies(
  instructions: readonly Instruction[],
  wanted: Iterable<ValueId>,
  known: (instruction: Instruction, id: ValueId) => boolean = () => false,
): Set<ValueId> {
  const needed = new Set<ValueId>()
  const waiting = [...wanted]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (needed.has(id)) continue
    needed.add(id)
    if (!known(instructions[id], id)) waiting.push(...instructions[id].args)
  }
  return needed
}
