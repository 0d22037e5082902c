import {
  f32x4,
  functionCode,
  i32,
  i32x4,
  type Local,
  type ModuleFunction,
  signed,
  unsigned,
  type Value,
  v128,
  Writer,
  wasmTarget,
  wholeModule,
  wide,
} from '../../codegen/index.ts'
import type { Plan, PlanStep } from '../plan/index.ts'
import {
  addSpikes,
  addValues,
  append,
  asFloat,
  clear,
  copy,
  load,
  nonzeros,
  overFloats,
  overList,
  plus,
  store,
  storeCount,
} from './blocks.ts'
import {
  bothSpikes,
  convolutionLayer,
  linearLayer,
  multiplyValues,
  neuronLayer,
  poolLayer,
  scaleShift,
} from './layers.ts'
import { Layout } from './layout.ts'

export interface WasmProgram {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Bytes of memory, of which whole pages are taken. */
  readonly memory: number
  readonly stateBytes: number
  /** Addresses of what a step made, by value: for those who look at it. */
  readonly layout: Layout
}

/**
 * A plan as one WebAssembly module without imports, with 128-bit vectors and without threads. It exports `memory` and
 *
 *     init()              once, before anything else
 *     reset()             forgets all steps
 *     step()              one step with the numbers at `frame()`
 *     stepEvents(count)   one step with the places at `events()`, each of which counts 1
 *     outputs(), logits() where the latest outputs lie, and their mean since the last reset
 *     state(), stateBytes() the block that is carried from step to step, to be saved or restored
 */
export function wasmProgram(plan: Plan, options: { readonly reuse?: boolean } = {}): WasmProgram {
  const layout = new Layout(plan, options)
  const made: ModuleFunction[] = []
  const add = (write: (w: Writer, given: Local) => void): number => {
    const w = new Writer(wasmTarget({ minimum: 1, maximum: 1, shared: false }), false)
    // Functions of kernels have two numbers as arguments; ours use the first at most.
    const given = w.i32()
    w.i32()
    write(w, given)
    made.push({ ...functionCode(w.finish()), parameters: 2, returns: false })
    return made.length - 1
  }
  const steps = plan.steps.map((step) => add((w) => writeStep(w, layout, plan, step)))
  const totals = add((w) => outputs(w, layout, plan))
  const framed = add((w) => nonzeros(w, layout.base('frame'), layout.size(0), layout.base('framed'), layout.count(0)))
  const [gather, forget] = [add((w, count) => gatherEvents(w, layout, count)), add((w) => forgetEvents(w, layout))]
  const reset = add((w) => resetStates(w, layout, plan))
  const unpack = add((w) => unpackWeights(w, layout))
  const mean = add((w) => meanOutputs(w, layout, plan))
  const all = [...steps, totals]
  const entry = (name: string, calls: readonly number[], more: Partial<ModuleFunction> = {}): ModuleFunction => ({
    name,
    parameters: 0,
    returns: false,
    locals: [],
    code: calls.flatMap((index) => [...argument(more.parameters === 1), ...constant(0), call, ...unsigned(index)]),
    ...more,
  })
  const address = (name: string, at: number, calls: readonly number[] = []): ModuleFunction => ({
    name,
    parameters: 0,
    returns: true,
    locals: [],
    code: [...calls.flatMap((index) => [...constant(0), ...constant(0), call, ...unsigned(index)]), ...constant(at)],
  })
  const bytes = wholeModule({
    functions: [
      ...made,
      entry('init', [unpack, reset]),
      entry('reset', [reset]),
      entry('step', [framed, ...all]),
      entry('stepEvents', [gather, ...all, forget], { parameters: 1 }),
      address('frame', layout.base('frame')),
      address('events', layout.base('events')),
      address('outputs', layout.base('latest')),
      address('logits', layout.base('mean'), [mean]),
      address('state', layout.base('states')),
      address('stateBytes', layout.stateBytes),
      address('inputs', layout.size(0)),
      address('classes', layout.size(plan.output)),
    ],
    bytes: layout.bytes,
    data: layout.segments,
  })
  return { bytes, memory: layout.bytes, stateBytes: layout.stateBytes, layout }
}

const call = 0x10
const constant = (value: number): number[] => [0x41, ...signed(value)]
/** The entry's own argument, or 0. */
const argument = (given: boolean): number[] => (given ? [0x20, 0] : constant(0))

function writeStep(w: Writer, layout: Layout, plan: Plan, step: PlanStep) {
  switch (step.op) {
    case 'conv':
      return convolutionLayer(w, layout, plan, step)
    case 'linear':
      return linearLayer(w, layout, step)
    case 'affine':
      return scaleShift(w, layout, step.from, step.to, step.scale, step.shift)
    case 'neurons':
      return neuronLayer(w, layout, step)
    case 'pool':
      return poolLayer(w, layout, plan, step)
    case 'add': {
      const [a, b] = step.from
      densified(w, layout, a, layout.numbers(step.to))
      if (layout.isSpikes(b)) return addSpikes(w, layout.numbers(step.to), layout.list(b), countOf(layout, b))
      return addValues(w, layout.numbers(step.to), layout.numbers(b), layout.size(step.to))
    }
    case 'multiply': {
      const write = layout.isSpikes(step.to) ? bothSpikes : multiplyValues
      return write(w, layout, step.from[0], step.from[1], step.to)
    }
    case 'dense':
      return densified(w, layout, step.from, layout.numbers(step.to))
    case 'recall': {
      const kept = layout.state(step.state)
      if (!layout.isSpikes(step.to)) return copy(w, layout.numbers(step.to), kept, layout.size(step.to))
      return nonzeros(w, kept, layout.size(step.to), layout.list(step.to), layout.count(step.to))
    }
    case 'remember':
      return densified(w, layout, step.from, layout.state(step.state))
  }
}

const countOf = (layout: Layout, ref: number) => i32.load(i32.const(layout.count(ref)))

/** A value as numbers at an address. */
function densified(w: Writer, layout: Layout, from: number, to: number) {
  if (!layout.isSpikes(from)) return copy(w, to, layout.numbers(from), layout.size(from))
  clear(w, to, 4 * layout.size(from))
  addSpikes(w, to, layout.list(from), countOf(layout, from))
}

function outputs(w: Writer, layout: Layout, plan: Plan): void {
  densified(w, layout, plan.output, layout.base('latest'))
  addValues(w, layout.base('sums'), layout.base('latest'), layout.size(plan.output))
  w.do(i32.store(i32.const(layout.steps), i32.add(i32.load(i32.const(layout.steps)), i32.const(1))))
}

function meanOutputs(w: Writer, layout: Layout, plan: Plan): void {
  const steps = w.wide(f32x4.max(asFloat(i32.load(i32.const(layout.steps))), w.constant(1)))
  overFloats(w, layout.size(plan.output), (lanes, at, offset) => {
    const sum = load(lanes, plus(i32.const(layout.base('sums')), at), offset)
    store(w, lanes, plus(i32.const(layout.base('mean')), at), f32x4.div(sum, steps), offset)
  })
}

/** Events as numbers of the frame, and the list of its places that are not 0. */
function gatherEvents(w: Writer, layout: Layout, count: Local): void {
  const end = w.i32(i32.const(layout.base('framed')))
  overList(w, layout.base('events'), count, (element) => {
    const place = w.i32(i32.add(i32.const(layout.base('frame')), i32.shl(element, i32.const(2))))
    w.if(i32.eqz(i32.load(place)), () => append(w, end, element))
    store(w, 'one', place, f32x4.add(load('one', place), w.constant(1)))
  })
  storeCount(w, layout.count(0), layout.base('framed'), end)
}

/** The frame is 0 again wherever there were events. */
function forgetEvents(w: Writer, layout: Layout): void {
  overList(w, layout.base('framed'), countOf(layout, 0), (element) => {
    w.do(i32.store(i32.add(i32.const(layout.base('frame')), i32.shl(element, i32.const(2))), i32.const(0)))
  })
}

function resetStates(w: Writer, layout: Layout, plan: Plan): void {
  clear(w, layout.base('states'), layout.stateBytes)
  plan.states.forEach(({ start, size }, i) => {
    if (start === 0) return
    overFloats(w, size, (lanes, at, offset) =>
      store(w, lanes, plus(i32.const(layout.state(i)), at), w.constant(start), offset),
    )
  })
}

/** Small weights as float32, once. */
function unpackWeights(w: Writer, layout: Layout): void {
  for (const { type, from, to, count } of layout.packed) {
    const bytes = type === 'int8' ? 1 : 2
    const [i, source] = [w.i32(), w.i32()]
    w.for(i, i32.const(0), i32.const(count), i32.const(1), () => {
      w.set(source, i32.add(i32.const(from), i32.mul(i, i32.const(bytes))))
      const low = i32.load8U(source)
      const raw = w.i32(bytes === 1 ? low : i32.or(low, i32.shl(i32.load8U(source, 1), i32.const(8))))
      const place = i32.add(i32.const(to), i32.shl(i, i32.const(2)))
      w.do(wide.storeOne(place, type === 'float16' ? halfAsFloat(w, raw) : signedAsFloat(raw, 8 * bytes)))
    })
  }
}

/** Whole numbers whose sign is the top one of `bits`. */
function signedAsFloat(raw: Value, bits: number): Value {
  const sign = 2 ** (bits - 1)
  return asFloat(i32.sub(i32.and(raw, i32.const(sign - 1)), i32.and(raw, i32.const(sign))))
}

/** A float16: its bits read as float32 are too small by a power of two, also where the number is below the normal ones. */
function halfAsFloat(w: Writer, raw: Value): Value {
  const size = i32x4.splatWide(i32.shl(i32.and(raw, i32.const(0x7fff)), i32.const(13)))
  const sign = i32x4.splatWide(i32.shl(i32.and(raw, i32.const(0x8000)), i32.const(16)))
  return v128.or(f32x4.mul(size, w.constant(2 ** 112)), sign)
}
