import { type Plan, PlanRun } from '../plan/index.ts'

/** What was found when an exported program's spikes were followed. */
export interface Followed {
  /** Spikes that differ, and whose neuron was within 1e-5 of its threshold. */
  near: number
  /** Those whose neuron was not. */
  wrong: number
  spikes: number
  /** Largest difference of outputs. */
  deviation: number
  /** Largest output, of either sign. */
  largest: number
  /** Samples whose largest sum of outputs is the same class. */
  agreed: number
}

/** One step of an exported program: its outputs, and for each layer of neurons which of them fired. */
export type ExportedStep = (
  frame: Float32Array,
  first: boolean,
) => {
  readonly outputs: ArrayLike<number>
  /** By place in the plan; 1 where a neuron fired. */
  readonly fired: ReadonlyMap<number, ArrayLike<number>>
}

export const closeToThreshold = 1e-5

/**
 * Runs a program beside the plan in float64. Where a spike differs, the plan goes on with the program's, so that each
 * decision is judged by itself.
 * @param T steps of a sample, after which both start again; default: all are one sample
 */
export function followed(
  plan: Plan,
  frames: readonly Float32Array[],
  program: ExportedStep,
  T = frames.length,
): Followed {
  const found: Followed = { near: 0, wrong: 0, spikes: 0, deviation: 0, largest: 0, agreed: 0 }
  let fired: ReadonlyMap<number, ArrayLike<number>> = new Map()
  const run = new PlanRun(plan, {
    spike: (step, i, v) => {
      const layer = fired.get(step)
      if (!layer) throw new Error(`no spikes of step ${step}`)
      const theirs = layer[i] ? 1 : 0
      if (theirs !== (v >= 0 ? 1 : 0)) {
        if (Math.abs(v) <= closeToThreshold) found.near++
        else found.wrong++
      }
      found.spikes += theirs
      return theirs
    },
  })
  let [ours, theirs] = [new Float64Array(), new Float64Array()]
  frames.forEach((frame, t) => {
    const first = t % T === 0
    const step = program(frame, first)
    if (first) {
      run.reset()
      ours = new Float64Array(step.outputs.length)
      theirs = new Float64Array(step.outputs.length)
    }
    fired = step.fired
    run.step(frame).forEach((value, k) => {
      found.deviation = Math.max(found.deviation, Math.abs(value - step.outputs[k]))
      found.largest = Math.max(found.largest, Math.abs(value))
      ours[k] += value
      theirs[k] += step.outputs[k]
    })
    if (t % T === T - 1 && largest(ours) === largest(theirs)) found.agreed++
  })
  return found
}

const largest = (values: Float64Array): number => values.indexOf(Math.max(...values))
