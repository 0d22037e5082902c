import { isLocal, type Local, type Value } from '../kernel/value.ts'
import type { Block, KernelFunction } from '../kernel/writer.ts'

/** Where a local lives: a register of its class, or bytes of the stack frame from its start. */
export type Place = { readonly register: number } | { readonly stack: number }

export interface Allocation {
  readonly places: ReadonlyMap<Local, Place>
  /** Locals that may be read before they are written: they start at 0, as in WebAssembly. */
  readonly zeroed: readonly Local[]
  readonly frameBytes: number
}

/** How much more a use counts for each loop around it. */
const loopWeight = 8

interface Use {
  readonly position: number
  readonly write: boolean
  /** Blocks around it, outermost first. */
  readonly path: readonly Block[]
}

/** From where to where a local keeps its place, both positions included. */
interface Range {
  readonly from: number
  readonly to: number
}

interface Loop {
  readonly start: number
  readonly end: number
}

class Survey {
  readonly uses = new Map<Local, Use[]>()
  readonly weights = new Map<Local, number>()
  /** Inner loops before outer ones. */
  readonly loops: Loop[] = []
  private position = 1

  constructor(kernel: KernelFunction) {
    for (const local of kernel.locals) this.uses.set(local, [])
    // Both parameters are written by the caller.
    for (const parameter of kernel.locals.slice(0, 2)) this.add(parameter, true, [kernel.body], 0)
    this.block(kernel.body, [kernel.body], 0)
  }

  private add(local: Local, write: boolean, path: readonly Block[], depth: number): void {
    // A value that is last read where another is written may leave it its register.
    this.uses.get(local)!.push({ position: 2 * this.position + (write ? 1 : 0), write, path })
    this.weights.set(local, (this.weights.get(local) ?? 0) + loopWeight ** depth)
  }

  private reads(value: Value, path: readonly Block[], depth: number): void {
    if (isLocal(value)) this.add(value, false, path, depth)
    else for (const a of value.args) this.reads(a, path, depth)
  }

  private block(statements: Block, path: readonly Block[], depth: number): void {
    for (const s of statements) {
      this.position++
      if (s.kind === 'do') this.reads(s.value, path, depth)
      else if (s.kind === 'set') {
        this.reads(s.value, path, depth)
        this.add(s.local, true, path, depth)
      } else if (s.kind === 'fill') {
        for (const value of [s.address, s.byte, s.bytes]) this.reads(value, path, depth)
      } else if (s.kind === 'if') {
        this.reads(s.condition, path, depth)
        this.block(s.body, [...path, s.body], depth)
        if (s.otherwise) this.block(s.otherwise, [...path, s.otherwise], depth)
      } else {
        if (s.guarded) this.reads(s.condition, path, depth)
        const start = 2 * ++this.position
        this.block(s.body, [...path, s.body], depth + 1)
        this.position++
        this.reads(s.condition, [...path, s.body], depth + 1)
        this.loops.push({ start, end: 2 * this.position + 1 })
      }
    }
  }
}

/** Whether every use of a local comes after its first write in the same turn of all loops around both. */
function writtenFirst(uses: readonly Use[]): boolean {
  const [first] = uses
  const block = first.path[first.path.length - 1]
  return first.write && uses.every((u) => u.path[first.path.length - 1] === block)
}

function rangeOf(uses: readonly Use[], loops: readonly Loop[]): Range {
  const whole = writtenFirst(uses)
  let from = whole ? uses[0].position : 0
  let to = uses[uses.length - 1].position
  for (const loop of loops) {
    const used = uses.some((u) => u.position >= loop.start && u.position <= loop.end)
    if (!used || (from >= loop.start && to <= loop.end)) continue
    // It enters or leaves the loop, so it is alive in all of its turns.
    from = Math.min(from, loop.start)
    to = Math.max(to, loop.end)
  }
  return { from, to }
}

/** Ranges that do not touch each other, in order. */
class Timeline {
  private readonly ranges: Range[] = []

  /** Takes the range where nothing of it is taken. */
  take(range: Range): boolean {
    let [low, high] = [0, this.ranges.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.ranges[middle].to < range.from) low = middle + 1
      else high = middle
    }
    if (low < this.ranges.length && this.ranges[low].from <= range.to) return false
    this.ranges.splice(low, 0, range)
    return true
  }
}

/** Bytes of the frame for each range, in order of their starts: what one leaves, a later one of its size takes. */
function stackPlaces(ranges: ReadonlyMap<Local, Range>, bytesOf: (local: Local) => number) {
  const places = new Map<Local, Place>()
  const living: { readonly to: number; readonly bytes: number; readonly stack: number }[] = []
  const free = new Map<number, number[]>()
  let frameBytes = 0
  for (const [local, { from, to }] of [...ranges].sort(([, a], [, b]) => a.from - b.from)) {
    while (living.length > 0 && living[living.length - 1].to < from) {
      const { bytes, stack } = living.pop()!
      if (!free.has(bytes)) free.set(bytes, [])
      free.get(bytes)!.push(stack)
    }
    const bytes = bytesOf(local)
    let stack = free.get(bytes)?.pop()
    if (stack === undefined) {
      stack = Math.ceil(frameBytes / bytes) * bytes
      frameBytes = stack + bytes
    }
    places.set(local, { stack })
    // Kept in order, those that end last first.
    let at = living.length
    while (at > 0 && living[at - 1].to < to) at--
    living.splice(at, 0, { to, bytes, stack })
  }
  return { places, frameBytes }
}

/**
 * Gives registers to the most used locals first, each where no other is alive at the same time; the rest share bytes of
 * the stack in the same way.
 */
export function allocate(
  kernel: KernelFunction,
  registersOf: (local: Local) => readonly number[],
  bytesOf: (local: Local) => number,
): Allocation {
  const survey = new Survey(kernel)
  const used = kernel.locals.filter((l) => survey.uses.get(l)!.length > 0)
  const ranges = new Map(used.map((l) => [l, rangeOf(survey.uses.get(l)!, survey.loops)]))
  const zeroed = used.filter((l) => !writtenFirst(survey.uses.get(l)!))
  const order = [...used].sort(
    (a, b) => survey.weights.get(b)! - survey.weights.get(a)! || ranges.get(a)!.from - ranges.get(b)!.from,
  )
  const inRegisters = new Map<Local, Place>()
  const onStack = new Map<Local, Range>()
  const taken = { general: new Map<number, Timeline>(), vector: new Map<number, Timeline>() }
  for (const local of order) {
    const range = ranges.get(local)!
    const timelines = taken[local.type === 'i32' ? 'general' : 'vector']
    const register = registersOf(local).find((r) => {
      if (!timelines.has(r)) timelines.set(r, new Timeline())
      return timelines.get(r)!.take(range)
    })
    if (register === undefined) onStack.set(local, range)
    else inRegisters.set(local, { register })
  }
  const { places, frameBytes } = stackPlaces(onStack, bytesOf)
  return { places: new Map([...inRegisters, ...places]), zeroed, frameBytes }
}
