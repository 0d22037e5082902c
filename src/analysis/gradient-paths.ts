import type { Instruction, Neuron, ValueId } from '../equations/index.ts'

/** Which ways a gradient can take through one step back in time, from the adjoint alone. */
export interface GradientPaths {
  readonly type: 'gradientPaths'
  readonly neuron: string
  readonly states: readonly string[]
  /** From a state at the end of a step to one before it. */
  readonly between: readonly { readonly from: string; readonly to: string }[]
  /** States before a step that its output's gradient reaches. */
  readonly fromOutput: readonly string[]
  /** States at the end of a step whose gradient reaches its input. */
  readonly toInput: readonly string[]
  /** Whether the output's gradient reaches the input of its own step. */
  readonly direct: boolean
}

/** The ways of a neuron's gradient. @see Huang et al. 2024, Fig. 1 */
export function gradientPaths({ name, program, adjoint }: Neuron): GradientPaths {
  const all = [...program.instructions, ...adjoint.instructions]
  const states = program.states.map((state) => state.name)
  const input = sourcesOf(all, adjoint.input)
  const before = adjoint.states.map((id) => sourcesOf(all, id))
  return {
    type: 'gradientPaths',
    neuron: name,
    states,
    between: states.flatMap((from, k) => states.filter((_, j) => before[j].states.has(k)).map((to) => ({ from, to }))),
    fromOutput: states.filter((_, j) => before[j].output),
    toInput: states.filter((_, k) => input.states.has(k)),
    direct: input.output,
  }
}

/** Which incoming gradients a value of the adjoint is made of. */
function sourcesOf(all: readonly Instruction[], root: ValueId): { output: boolean; states: ReadonlySet<number> } {
  const states = new Set<number>()
  const seen = new Set<ValueId>()
  let output = false
  const waiting = [root]
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.has(id)) continue
    seen.add(id)
    const { op, args, index } = all[id]
    if (op === 'outputGradient') output = true
    if (op === 'stateGradient') states.add(index as number)
    waiting.push(...args)
  }
  return { output, states }
}
