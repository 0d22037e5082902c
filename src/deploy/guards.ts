import type { Program, ValueId } from '../equations/index.ts'
import { liveInstructions } from './live.ts'

/** Dear operations whose results are bounded: 0 times them is 0, whatever they are given. */
const bounded: ReadonlySet<string> = new Set(['sigmoid', 'tanh', 'sin', 'cos', 'erf'])
const passing: ReadonlySet<string> = new Set(['add', 'sub', 'neg', 'detach'])

/**
 * Dear operations that count only through a product, and the other factor: where that is 0, they need not be computed. The
 * depth of CLIF's reset is one, which only a spike reads; most steps of most neurons have none.
 */
export function guardsOf(program: Program): ReadonlyMap<ValueId, ValueId> {
  const { instructions, states, output } = program
  const live = liveInstructions(program)
  const kept = new Set<ValueId>([output, ...states.map(({ next }) => next)])
  const guards = new Map<ValueId, ValueId>()
  for (const id of live) {
    if (!bounded.has(instructions[id].op)) continue
    let at = id
    for (;;) {
      const readers = live.filter((reader) => instructions[reader].args.includes(at))
      const reader = readers[0]
      if (readers.length !== 1 || kept.has(at)) break
      const { op, args } = instructions[reader]
      if (op === 'mul' && args[0] !== args[1]) {
        const factor = args[0] === at ? args[1] : args[0]
        if (factor < id) guards.set(id, factor)
        break
      }
      // What is added must be finite too for its product with 0 to be 0.
      if (!passing.has(op) || !args.every((arg) => arg === at || instructions[arg].op === 'constant')) break
      at = reader
    }
  }
  return guards
}
