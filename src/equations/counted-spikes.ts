import type { Instruction, ValueId } from './program.ts'

/** Most spikes that one value can count: what fits a byte beside the window, a bit for each. */
export const mostSpikes = 7

/** A part of a count: where a gradient passes it. */
export interface CountWindow {
  readonly argument: ValueId
  /** Open where the argument is within; null: within the surrogate's window. */
  readonly between: readonly [number, number] | null
}

/** A value that is a whole number of spikes from 0 to `levels`. */
export interface Count {
  readonly levels: number
  readonly windows: readonly CountWindow[]
}

const none: Count = { levels: 0, windows: [] }

/**
 * What a value counts, as its form shows: a spike, a sum of counts, or a number between bounds that is rounded,
 * `round(min(max(v, 0), 4))`. Nothing (0 levels) where it is anything else, or counts more than a byte can.
 */
export function countOf(instructions: readonly Instruction[], output: ValueId): Count {
  let levels = 0
  const windows: CountWindow[] = []
  const waiting = [output]
  while (waiting.length > 0) {
    const { op, args } = instructions[waiting.pop() as ValueId]
    if (op === 'add') waiting.push(...args)
    else if (op === 'spike') {
      levels++
      windows.push({ argument: args[0], between: null })
    } else {
      const rounded = op === 'round' || op === 'floor' ? boundedRange(instructions, args[0]) : null
      if (!rounded) return none
      levels += Math.floor(rounded.between[1] + (op === 'round' ? 0.5 : 0))
      windows.push(rounded)
    }
    if (levels + waiting.length > mostSpikes) return none
  }
  return levels === 0 ? none : { levels, windows }
}

/** `min(max(v, low), high)` or the other way round, with bounds that leave nothing below 0. */
function boundedRange(instructions: readonly Instruction[], id: ValueId) {
  const outer = bound(instructions, id)
  const inner = outer && bound(instructions, outer.argument)
  if (!outer || !inner || inner.op === outer.op) return null
  const [low, high] = outer.op === 'min' ? [inner.by, outer.by] : [outer.by, inner.by]
  return low >= 0 && low < high ? { argument: inner.argument, between: [low, high] as const } : null
}

function bound(instructions: readonly Instruction[], id: ValueId) {
  const { op, args } = instructions[id]
  if (op !== 'min' && op !== 'max') {
    return op === 'relu' ? { op: 'max', by: 0, argument: args[0] } : null
  }
  const [a, b] = args.map((arg) => instructions[arg])
  if (b.op === 'constant') return { op, by: b.value as number, argument: args[0] }
  return a.op === 'constant' ? { op, by: a.value as number, argument: args[1] } : null
}
