import type { NirGraph } from './graph.ts'

const times = ['tau', 'tau_mem', 'tau_syn', 'delay']

/** Every time constant and delay of a graph, in its unit of time. */
export function timesOf({ nodes }: NirGraph): number[] {
  return [...nodes.values()].flatMap(({ fields }) =>
    times.flatMap((name) => {
      const field = fields.get(name)
      return field === undefined || typeof field === 'string' ? [] : [...field.values]
    }),
  )
}

/**
 * A step that a graph can be run with, where nobody says which its authors used: 1 where it counts steps, or else the
 * largest power of ten that is at most half of its shortest time constant.
 */
export function likelyStep(graph: NirGraph): number {
  const least = Math.min(...timesOf(graph).filter((time) => time > 0))
  // As a literal: 10 ** -4 is not 0.0001 to the last bit.
  return least >= 1 ? 1 : Number(`1e${Math.floor(Math.log10(least / 2))}`)
}
