import type { Neuron, Program, ValueId } from '../equations/index.ts'

/** What a neuron compares with its threshold where it fires. */
export interface Membrane {
  /** The named value, such as `u#1`. */
  readonly name: string
  /** Fires where this value is 0 or above: the potential minus the threshold. */
  readonly above: ValueId
}

/** The potential of a neuron that fires by one `spike(...)` of a named value minus something; undefined for others. */
export function membraneOf({ program }: Pick<Neuron, 'program'>): Membrane | undefined {
  const spikes = program.instructions.filter(({ op }) => op === 'spike')
  if (spikes.length !== 1) return undefined
  const [above] = spikes[0].args
  const name = potentialIn(program, above)
  return name === undefined ? undefined : { name, above }
}

/** The first operand of sums and differences that the equations name. */
function potentialIn({ instructions, observables }: Program, value: ValueId): string | undefined {
  for (let at: ValueId | undefined = value; at !== undefined; ) {
    const named = observables.find((observable) => observable.value === at)
    if (named) return named.name
    const { op, args }: Program['instructions'][number] = instructions[at]
    at = op === 'sub' || op === 'add' ? args[0] : undefined
  }
  return undefined
}
