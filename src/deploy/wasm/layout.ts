import { float16Bits, sizeOf } from '../../base/index.ts'
import { type MemoryPlan, memoryOf } from '../memory.ts'
import type { Plan, PlanWeights, ValueRef } from '../plan/index.ts'

/** Numbers that come with the module, and what lies in its memory at the start. */
interface Segment {
  readonly at: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** Weights that lie packed, to be unpacked by `init`. */
export interface Packed {
  readonly type: 'float16' | 'int16' | 'int8'
  readonly from: number
  readonly to: number
  readonly count: number
}

const vectorBytes = 16

/**
 * Parts of the memory: dense values, lists of spikes and their lengths, states, sums of outputs; the frame, its events as
 * given, and the places of its numbers that are not 0; the same of another value; marks; outputs and their mean.
 */
type Part =
  | 'numbers'
  | 'lists'
  | 'counts'
  | 'states'
  | 'sums'
  | 'frame'
  | 'events'
  | 'framed'
  | 'found'
  | 'marks'
  | 'latest'
  | 'mean'

/** Addresses of everything in the module's memory, given once. Every part begins at a whole vector. */
export class Layout {
  readonly memory: MemoryPlan
  readonly segments: Segment[] = []
  readonly packed: Packed[] = []
  private readonly plan: Plan
  /** The first byte that is free: nothing lies at address 0. */
  private end = vectorBytes
  private readonly bases: { readonly [part in Part]: number }
  /** Bytes of the block that is carried from step to step: states, sums of outputs, and how many steps were. */
  readonly stateBytes: number

  constructor(plan: Plan, options: { readonly reuse?: boolean } = {}) {
    this.plan = plan
    this.memory = memoryOf(plan, options)
    const { memory } = this
    const outputs = sizeOf(plan.values[plan.output].shape)
    const states = this.room(4 * memory.stateCount)
    const sums = this.room(4 * outputs + 4)
    this.stateBytes = this.end - states
    this.bases = {
      states,
      sums,
      numbers: this.room(4 * memory.numberCount),
      lists: this.room(4 * memory.listCount),
      counts: this.room(4 * plan.values.length),
      frame: this.room(4 * sizeOf(plan.values[0].shape)),
      events: this.room(4 * sizeOf(plan.values[0].shape)),
      framed: this.room(4 * sizeOf(plan.values[0].shape)),
      found: this.room(4 * memory.nonzeros),
      marks: this.room(memory.marks),
      latest: this.room(4 * outputs),
      mean: this.room(4 * outputs),
    }
  }

  /** Bytes of memory that are used. */
  get bytes(): number {
    return this.end
  }

  /** A part of memory with zeros; some more than asked for, so that a list may be written one element too far. */
  private room(bytes: number): number {
    const at = this.end
    this.end = Math.ceil((at + bytes + vectorBytes) / vectorBytes) * vectorBytes
    return at
  }

  base(part: Part): number {
    return this.bases[part]
  }

  /** Number of steps so far, behind the sums. */
  get steps(): number {
    return this.bases.sums + 4 * sizeOf(this.plan.values[this.plan.output].shape)
  }

  size(ref: ValueRef): number {
    return sizeOf(this.plan.values[ref].shape)
  }

  isSpikes(ref: ValueRef): boolean {
    return this.plan.values[ref].kind === 'spikes'
  }

  numbers(ref: ValueRef): number {
    if (ref === 0) return this.bases.frame
    return this.bases.numbers + 4 * this.memory.numbers.get(ref)!
  }

  list(ref: ValueRef): number {
    return this.bases.lists + 4 * this.memory.lists.get(ref)!
  }

  /** Where the length of a value's list stands. */
  count(ref: ValueRef): number {
    return this.bases.counts + 4 * ref
  }

  state(index: number): number {
    return this.bases.states + 4 * this.memory.states[index]
  }

  /** Numbers that never change. */
  table(values: ArrayLike<number>): number {
    return this.segment(new Uint8Array(Float32Array.from(values).buffer))
  }

  integers(values: ArrayLike<number>): number {
    return this.segment(new Uint8Array(Int32Array.from(values).buffer))
  }

  weights({ type, values }: PlanWeights): number {
    if (type === 'float32') return this.table(values)
    const to = this.room(4 * values.length)
    const bytes =
      type === 'int8'
        ? new Uint8Array(Int8Array.from(values).buffer)
        : new Uint8Array((type === 'int16' ? Int16Array.from(values) : Uint16Array.from(values, float16Bits)).buffer)
    this.packed.push({ type, from: this.segment(bytes), to, count: values.length })
    return to
  }

  private segment(bytes: Uint8Array<ArrayBuffer>): number {
    const at = this.room(bytes.length)
    this.segments.push({ at, bytes })
    return at
  }
}
