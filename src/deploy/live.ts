import type { Program, ValueId } from '../equations/index.ts'

/** The instructions that a step forward needs, in order: what only gradients read is left out. */
export function liveInstructions({ instructions, states, output }: Program): readonly ValueId[] {
  const needed = new Set<ValueId>([output, ...states.map(({ next }) => next)])
  for (let id = instructions.length - 1; id >= 0; id--) {
    if (needed.has(id)) for (const arg of instructions[id].args) needed.add(arg)
  }
  return [...needed].sort((a, b) => a - b)
}
