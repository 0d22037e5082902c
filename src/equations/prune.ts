import type { Instruction, ValueId } from './program.ts'

/**
 * Drops the instructions from `first` on that no root needs, and numbers the rest anew.
 * @returns those kept, and where each id went
 */
export function prune(
  all: readonly Instruction[],
  first: number,
  roots: readonly ValueId[],
): { instructions: Instruction[]; rename: (id: ValueId) => ValueId } {
  const needed = new Set(roots)
  for (let id = all.length - 1; id >= first; id--) if (needed.has(id)) for (const arg of all[id].args) needed.add(arg)
  const renamed = new Map<ValueId, ValueId>()
  const instructions: Instruction[] = []
  const rename = (id: ValueId) => (id < first ? id : (renamed.get(id) as ValueId))
  for (let id = first; id < all.length; id++) {
    if (!needed.has(id)) continue
    renamed.set(id, first + instructions.length)
    instructions.push({ ...all[id], args: all[id].args.map(rename) })
  }
  return { instructions, rename }
}
