import {
  countOf,
  hasNeurons,
  hasSteps,
  type Instruction,
  type Neuron,
  noisePlaces,
  type Program,
  type Truncation,
  type ValueId,
} from '../../equations/index.ts'
import { instructionValues, type Vectors } from './neuron-step.ts'
import { noise } from './noise.ts'
import { spikeBitsOf } from './spike-bytes.ts'
import { f32x4, i32, i32x4, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/**
 * Neuron kernels: all T steps of a group of neurons with their state in registers.
 *
 * A task is a chunk of neighbouring neurons of [N, H, W, C]. Per-channel numbers come as tables of `period` values,
 * the channels repeated until a group of neurons (`neuronsTogether`) never wraps; a chunk is a whole number
 * of periods. What is summed over neurons (gradients of learnable parameters and of BatchNorm) is summed within a task
 * into that task's own table, and over tasks by the caller, so that no sum depends on the number of threads.
 */
export interface NeuronKernelOptions {
  readonly neuron: Neuron
  /** x is scaled and shifted per channel (and step) before the equations see it. */
  readonly normalised: boolean
  /** Whether elementary functions may fuse multiply and add. Forward and backward must agree. */
  readonly relaxed: boolean
  /** Whether `noise()` is drawn; else it is 0. */
  readonly noisy?: boolean
  /** Of backward: how gradients are cut in time, where they are; after how many steps is an argument. */
  readonly truncation?: Truncation['kind'] | null
}

/**
 * Positions of the arguments, in 32-bit words. Step strides are in bytes; 0 repeats one row. `noise` points to the numbers of
 * a group's lanes (0, 1, ...), behind which each step has two words for each of the equations' draws. A parameter with a value
 * for each neuron is a table of all neurons, and so is its gradient.
 */
export function neuronArguments(neuron: Neuron, direction: 'forward' | 'backward') {
  const names = ['tasks', 'M', 'T', 'chunk', 'period', 'x', 'xStep', 'output', 'scale', 'shift', 'tableStep']
  neuron.program.parameters.forEach((_, i) => names.push(`parameter${i}`, `parameterStep${i}`))
  if (noisePlaces(neuron.program.instructions) > 0) names.push('noise')
  neuron.program.states.forEach((_, i) => names.push(`stateIn${i}`))
  if (direction === 'forward') neuron.program.states.forEach((_, i) => names.push(`stateOut${i}`))
  else {
    names.push('gradient', 'inputGradient', 'inputGradientStep', 'scratch', 'scratchBytes', 'mean', 'reach')
    names.push('partials', 'partialBytes', 'dotOffset', 'sumStep')
    neuron.program.states.forEach((_, i) => names.push(`stateGradientIn${i}`, `stateGradientOut${i}`))
    neuron.program.parameters.forEach((_, i) => names.push(`partialOffset${i}`, `partialStep${i}`))
  }
  return new Map(names.map((name, i) => [name, i]))
}

/** Whether a group is made of whole vectors, or is a single neuron. */
type Lanes = 'all' | 'one'
/** What a kernel is written with: its arguments, and how wide one group of neurons is. */
class NeuronWriter {
  readonly w: Writer
  readonly neuron: Neuron
  readonly program: Program
  /** Vectors of the group that is being written. */
  vectors = 1
  private readonly argument: (name: string) => Value
  private readonly cached = new Map<string, Local>()
  /** First neuron of the group, and its place in the tables, in bytes (4 per neuron). */
  readonly at: Local
  readonly tableAt: Local

  constructor(w: Writer, args: Local, neuron: Neuron, direction: 'forward' | 'backward') {
    this.w = w
    this.neuron = neuron
    this.program = neuron.program
    const places = neuronArguments(neuron, direction)
    this.argument = (name) => {
      const place = places.get(name)
      if (place === undefined) throw new Error(`no argument ${name}`)
      return i32.load(args, 4 * place)
    }
    this.at = w.i32()
    this.tableAt = w.i32()
  }

  /** An argument, read once at the start of the kernel. */
  arg(name: string): Local {
    let local = this.cached.get(name)
    if (!local) {
      local = this.w.i32(this.argument(name))
      this.cached.set(name, local)
    }
    return local
  }

  /** Reads all arguments, before any loop begins. */
  readArguments(direction: 'forward' | 'backward'): void {
    for (const name of neuronArguments(this.neuron, direction).keys()) this.arg(name)
  }

  load(lanes: Lanes, address: Value, offset: number): Value {
    return lanes === 'all' ? wide.load(address, offset) : wide.loadOne(address, offset)
  }

  store(lanes: Lanes, address: Value, value: Value, offset: number): void {
    this.w.do(lanes === 'all' ? wide.store(address, value, offset) : wide.storeOne(address, value, offset))
  }

  /** Values of one instruction for each vector of the group. */
  compute(known: Map<ValueId, Vectors>, all: readonly Instruction[], id: ValueId, instruction: Instruction): void {
    known.set(id, this.valuesOf(known, all, instruction))
  }

  private valuesOf(known: Map<ValueId, Vectors>, all: readonly Instruction[], instruction: Instruction): Vectors {
    return instructionValues(this.w, this.vectors, known, all, instruction)
  }

  /** A table row at the group's channels: `pointer` + step offset. */
  fromTable(lanes: Lanes, row: Value, vectors: number): Vectors {
    const address = this.w.i32(i32.add(row, this.tableAt))
    return Array.from({ length: vectors }, (_, v) => this.w.wide(this.load(lanes, address, this.w.bytes * v)))
  }

  /** Values of a table of all neurons. */
  fromNeurons(lanes: Lanes, row: Value, vectors: number): Vectors {
    const address = this.w.i32(i32.add(row, this.at))
    return Array.from({ length: vectors }, (_, v) => this.w.wide(this.load(lanes, address, this.w.bytes * v)))
  }

  /** Random numbers of the group, from the words of a step at `row`. */
  drawn(row: Value, index: number): Vectors {
    const { w } = this
    const first = i32x4.splatWide(i32.shrU(this.at, i32.const(2)))
    const neurons = Array.from({ length: this.vectors }, (_, v) =>
      w.wide(i32x4.add(wide.load(this.arg('noise'), w.bytes * v), first)),
    )
    const key = (word: number) => w.wide(wide.loadSplat(row, 8 * index + 4 * word))
    return noise(w, neurons, [key(0), key(1)])
  }

  /** x after scale and shift, and x itself. */
  input(lanes: Lanes, vectors: number, normalised: boolean, row: Value, scaleRow: Local, shiftRow: Local) {
    const address = this.w.i32(i32.add(row, this.at))
    const raw = Array.from({ length: vectors }, (_, v) => this.w.wide(this.load(lanes, address, this.w.bytes * v)))
    if (!normalised) return { raw, x: raw }
    const scale = this.fromTable(lanes, scaleRow, vectors)
    const shift = this.fromTable(lanes, shiftRow, vectors)
    const x = raw.map((r, v) => this.w.wide(f32x4.add(f32x4.mul(r, scale[v]), shift[v])))
    return { raw, x }
  }
}

/** Vectors of four lanes that one pass of the main loop carries: hides the latency of a step's dependent operations. */
const vectorsInFlight = 4

/** Neurons of one pass of the main loop: the period of per-channel tables is a multiple of it. @param lanes of one vector */
export const neuronsTogether = (lanes: number): number => vectorsInFlight * lanes

/** Tasks, and in each the main loop, then groups of four, then single neurons. */
function overNeurons(
  k: NeuronWriter,
  counter: number,
  group: (lanes: Lanes, vectors: number, task: Local) => void,
  beforeTask: (task: Local) => void = () => {},
): void {
  const { w } = k
  const task = w.i32()
  const end = w.i32()
  const period = k.arg('period')
  const advance = (bytes: number): void => {
    w.set(k.at, i32.add(k.at, i32.const(bytes)))
    w.set(k.tableAt, i32.add(k.tableAt, i32.const(bytes)))
    w.if(i32.geU(k.tableAt, period), () => w.set(k.tableAt, i32.const(0)))
  }
  w.set(task, i32.atomicAdd(i32.const(counter), i32.const(1)))
  w.while(i32.ltU(task, k.arg('tasks')), () => {
    w.set(k.at, i32.mul(task, k.arg('chunk')))
    w.set(end, i32.add(k.at, k.arg('chunk')))
    w.if(i32.gtU(end, k.arg('M')), () => w.set(end, k.arg('M')))
    w.set(k.tableAt, i32.const(0))
    beforeTask(task)
    for (const [lanes, vectors, bytes] of [
      ['all', vectorsInFlight, w.bytes * vectorsInFlight],
      ['all', 1, w.bytes],
      ['one', 1, 4],
    ] as const) {
      w.while(i32.geU(i32.sub(end, k.at), i32.const(bytes)), () => {
        k.vectors = vectors
        group(lanes, vectors, task)
        advance(bytes)
      })
    }
    w.set(task, i32.atomicAdd(i32.const(counter), i32.const(1)))
  })
}

/** Asks for the next group's vectors of a row: T rows far apart are more streams than the hardware foresees. */
function prefetchGroup(k: NeuronWriter, row: Value, vectors: number): void {
  const { w } = k
  w.prefetch('read', i32.add(row, i32.add(k.at, i32.const(w.bytes * vectors))), vectors)
}

/** Parameter values for a group; those that change with the step are read per step. */
function parameterValues(k: NeuronWriter, lanes: Lanes, vectors: number, rows: readonly Local[], perStep: boolean) {
  const values = new Map<number, Vectors>()
  k.program.parameters.forEach((parameter, i) => {
    if (hasSteps(parameter) !== perStep) return
    values.set(i, hasNeurons(parameter) ? k.fromNeurons(lanes, rows[i], vectors) : k.fromTable(lanes, rows[i], vectors))
  })
  return values
}

function startStates(k: NeuronWriter, lanes: Lanes, vectors: number, pointer: (i: number) => Local, start: number[]) {
  const { w } = k
  return start.map((value, i) => {
    const state = Array.from({ length: vectors }, () => w.wide(f32x4.const(value)))
    w.if(i32.ne(pointer(i), i32.const(0)), () => {
      const address = i32.add(pointer(i), k.at)
      state.forEach((local, v) => w.set(local, k.load(lanes, address, w.bytes * v)))
    })
    return state
  })
}

/**
 * All instructions of one step; gives the map of values. `spike` overrides the value of the one spike (backward takes
 * it from the stored byte).
 */
function emitStep(
  k: NeuronWriter,
  known: Map<ValueId, Vectors>,
  instructions: readonly Instruction[],
  from: number,
  override: (instruction: Instruction) => Vectors | undefined,
  wanted?: ReadonlySet<ValueId>,
): void {
  instructions.forEach((instruction, i) => {
    const id = from + i
    if (known.has(id) || (wanted && !wanted.has(id))) return
    const given = override(instruction)
    if (given) known.set(id, given)
    else k.compute(known, [...k.program.instructions, ...k.neuron.adjoint.instructions], id, instruction)
  })
}

function givenValues(
  program: Program,
  x: Vectors,
  states: readonly Vectors[],
  parameters: ReadonlyMap<number, Vectors>,
): Map<ValueId, Vectors> {
  const known = new Map<ValueId, Vectors>()
  program.instructions.forEach(({ op, index }, id) => {
    if (op === 'input') known.set(id, x)
    if (op === 'state') known.set(id, states[index ?? 0])
    if (op === 'parameter') known.set(id, parameters.get(index ?? 0)!)
  })
  return known
}

/** Bytes from one step's random words to the next's, and where the first step's are. */
function noiseRow(k: NeuronWriter, noisy: boolean): { bytes: number; start: () => Value } | null {
  const places = noisePlaces(k.program.instructions)
  if (!noisy || places === 0) return null
  const start = () => i32.add(k.arg('noise'), i32.const(4 * neuronsTogether(k.w.lanes)))
  return { bytes: 8 * places, start }
}

/** Spike and window bits of four neurons as one byte each. */
function storeBytes(
  k: NeuronWriter,
  lanes: Lanes,
  address: Value,
  argument: Value,
  window: number | undefined,
  v: number,
): void {
  const spike = v128.and(f32x4.ge(argument, k.w.constant(0)), k.w.integerConstant(1))
  const open =
    window === undefined
      ? k.w.integerConstant(2)
      : v128.and(f32x4.le(f32x4.abs(argument), k.w.constant(window)), k.w.integerConstant(2))
  storeByteVector(k, lanes, address, k.w.wide(v128.or(spike, open)), v)
}

/**
 * Counted spikes as `spike-bytes.ts` tells: bit 0 and bits 2 to `levels` say whether there are as many, bit 1 whether the
 * window of any is open.
 */
function storeCounts(k: NeuronWriter, lanes: Lanes, address: Value, known: ReadonlyMap<ValueId, Vectors>): void {
  const { w, program } = k
  const { levels, window, output } = program
  const { windows } = countOf(program.instructions, output)
  known.get(output)!.forEach((count, v) => {
    const bits = w.wide(v128.and(f32x4.ge(count, w.constant(1)), w.integerConstant(1)))
    for (const bit of spikeBitsOf(levels).slice(1)) {
      w.set(bits, v128.or(bits, v128.and(f32x4.ge(count, w.constant(bit)), w.integerConstant(1 << bit))))
    }
    for (const { argument, between } of windows) {
      const value = known.get(argument)![v]
      const open = between
        ? v128.and(f32x4.ge(value, w.constant(between[0])), f32x4.le(value, w.constant(between[1])))
        : window === undefined
          ? w.integerConstant(-1)
          : f32x4.le(f32x4.abs(value), w.constant(window))
      w.set(bits, v128.or(bits, v128.and(open, w.integerConstant(2))))
    }
    storeByteVector(k, lanes, address, bits, v)
  })
}

/** The lowest byte of each lane, behind each other. */
function storeByteVector({ w }: NeuronWriter, lanes: Lanes, address: Value, bits: Value, v: number): void {
  w.do(
    lanes === 'all'
      ? wide.storeBytes(address, bits, w.lanes * v)
      : i32.store8(address, i32x4.lane(0, bits), w.lanes * v),
  )
}

/** Forward: bytes (spiking programs) or float32, and the last states where a pointer for them is given. */
export function neuronForward(target: Target, counter: number, options: NeuronKernelOptions): Uint8Array<ArrayBuffer> {
  const { neuron, normalised } = options
  const { program } = neuron
  return assemble(
    target,
    (w, args) => {
      const k = new NeuronWriter(w, args, neuron, 'forward')
      k.readArguments('forward')
      const t = w.i32()
      const xRow = w.i32()
      const outRow = w.i32()
      const scaleRow = w.i32()
      const shiftRow = w.i32()
      const rows = program.parameters.map(() => w.i32())
      const drawn = noiseRow(k, options.noisy ?? false)
      const words = w.i32()
      overNeurons(k, counter, (lanes, vectors) => {
        w.set(xRow, k.arg('x'))
        w.set(outRow, k.arg('output'))
        w.set(scaleRow, k.arg('scale'))
        w.set(shiftRow, k.arg('shift'))
        rows.forEach((row, i) => w.set(row, k.arg(`parameter${i}`)))
        if (drawn) w.set(words, drawn.start())
        const fixed = parameterValues(k, lanes, vectors, rows, false)
        const states = startStates(
          k,
          lanes,
          vectors,
          (i) => k.arg(`stateIn${i}`),
          program.states.map((s) => s.start),
        )
        w.for(t, i32.const(0), k.arg('T'), i32.const(1), () => {
          const { x } = k.input(lanes, vectors, normalised, xRow, scaleRow, shiftRow)
          if (lanes === 'all') prefetchGroup(k, xRow, vectors)
          const parameters = new Map([...fixed, ...parameterValues(k, lanes, vectors, rows, true)])
          const known = givenValues(program, x, states, parameters)
          const override = ({ op, index = 0 }: Instruction) => {
            return drawn && op === 'noise' ? k.drawn(words, index) : undefined
          }
          emitStep(k, known, program.instructions, 0, override)
          if (program.levels > 0) {
            const address = w.i32(i32.add(outRow, i32.shrU(k.at, i32.const(2))))
            const { op, args } = program.instructions[program.output]
            const argument = known.get(args[0])!
            if (program.levels > 1 || op !== 'spike') storeCounts(k, lanes, address, known)
            else argument.forEach((value, v) => storeBytes(k, lanes, address, value, program.window, v))
            w.set(outRow, i32.add(outRow, i32.shrU(k.arg('M'), i32.const(2))))
          } else {
            const address = w.i32(i32.add(outRow, k.at))
            known.get(program.output)!.forEach((value, v) => k.store(lanes, address, value, w.bytes * v))
            w.set(outRow, i32.add(outRow, k.arg('M')))
          }
          assignTogether(
            w,
            states,
            program.states.map((s) => known.get(s.next)!),
          )
          if (drawn) w.set(words, i32.add(words, i32.const(drawn.bytes)))
          w.set(xRow, i32.add(xRow, k.arg('xStep')))
          w.set(scaleRow, i32.add(scaleRow, k.arg('tableStep')))
          w.set(shiftRow, i32.add(shiftRow, k.arg('tableStep')))
          rows.forEach((row, i) => w.set(row, i32.add(row, k.arg(`parameterStep${i}`))))
        })
        states.forEach((state, i) => {
          w.if(i32.ne(k.arg(`stateOut${i}`), i32.const(0)), () => {
            const address = i32.add(k.arg(`stateOut${i}`), k.at)
            state.forEach((local, v) => k.store(lanes, address, local, w.bytes * v))
          })
        })
      })
    },
    options.relaxed,
  )
}

/** targets = values, all read before any is written. */
function assignTogether(w: Writer, targets: readonly (readonly Local[])[], values: readonly Vectors[]): void {
  const copies = values.map((vectors) => vectors.map((value) => w.wide(value)))
  targets.forEach((locals, i) => locals.forEach((local, v) => w.set(local, copies[i][v])))
}

export type { Lanes, Vectors }
export {
  assignTogether,
  emitStep,
  givenValues,
  NeuronWriter,
  noiseRow,
  overNeurons,
  parameterValues,
  prefetchGroup,
  startStates,
  vectorsInFlight,
}
