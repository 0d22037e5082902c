import type { Arrivals } from 'spikelet/analysis'

/** One input of a neuron's field. */
export interface Reaching {
  /** Where it is in a step of its source. */
  readonly place: number
  /** At which step it left its source; over all steps, the latest. */
  readonly step: number
  readonly weight: number
  /** What came from it: 1 for a spike; over all steps, their number. */
  readonly value: number
  /** What that added to the input current. */
  readonly adds: number
}

export interface ReachingField {
  readonly source: string
  readonly shape: readonly number[]
  /** Those that were silent too. */
  readonly all: readonly Reaching[]
}

/** What reached a neuron at a step, or over all. */
export interface Reached {
  readonly current: number
  readonly rest: number
  readonly fields: readonly ReachingField[]
}

/** @param step -1: all steps, added up */
export function reachedAt({ steps }: Arrivals, step: number): Reached {
  const chosen = step < 0 ? steps : [steps[Math.min(step, steps.length - 1)]]
  const sum = (of: (one: Arrivals['steps'][number]) => number) => chosen.reduce((all, one) => all + of(one), 0)
  const sources = new Map<string, { readonly shape: readonly number[]; readonly all: Map<string, Reaching> }>()
  for (const { fields } of chosen) {
    for (const { source, shape, steps: left, places, weights, values } of fields) {
      const known = sources.get(source) ?? { shape, all: new Map<string, Reaching>() }
      sources.set(source, known)
      places.forEach((place, i) => {
        // Over all steps an input is one line; at a step it may come in at several delays.
        const key = step < 0 ? String(place) : `${place} ${left[i]}`
        const before = known.all.get(key)
        known.all.set(key, {
          ...{ place, step: left[i], weight: weights[i] },
          value: (before?.value ?? 0) + values[i],
          adds: (before?.adds ?? 0) + weights[i] * values[i],
        })
      })
    }
  }
  const fields = [...sources].map(([source, { shape, all }]) => ({ source, shape, all: [...all.values()] }))
  return { current: sum(({ current }) => current), rest: sum(({ rest }) => rest), fields }
}

/** What arrived at all, the largest first. */
export function largest({ all }: ReachingField): Reaching[] {
  return all.filter(({ value }) => value !== 0).sort((a, b) => Math.abs(b.adds) - Math.abs(a.adds))
}

/** Rows and columns of a frame, the last ones included. */
export interface Box {
  readonly top: number
  readonly left: number
  readonly bottom: number
  readonly right: number
}

/** The part of each channel's frame in which places lie; null for a list. */
export function boxOf(shape: readonly number[], places: readonly number[]): Box | null {
  if (shape.length !== 3 || places.length === 0) return null
  const [, width, channels] = shape
  const pixels = places.map((place) => Math.floor(place / channels))
  const [rows, columns] = [pixels.map((at) => Math.floor(at / width)), pixels.map((at) => at % width)]
  const least = (values: readonly number[]) => values.reduce((a, b) => Math.min(a, b))
  const most = (values: readonly number[]) => values.reduce((a, b) => Math.max(a, b))
  return { top: least(rows), left: least(columns), bottom: most(rows), right: most(columns) }
}

/** Where in a step of a layer a place is, in words. */
export function placeText(shape: readonly number[], place: number): string {
  if (shape.length !== 3) return String(place)
  const [, width, channels] = shape
  const pixel = Math.floor(place / channels)
  const channel = channels === 1 ? '' : `, channel ${place % channels}`
  return `row ${Math.floor(pixel / width)}, column ${pixel % width}${channel}`
}
