import {
  type Adjoint,
  dependencies,
  hasNeurons,
  type Instruction,
  type Program,
  readByAdjoint,
  type ValueId,
} from '../../equations/index.ts'
import {
  assignTogether,
  emitStep,
  givenValues,
  type Lanes,
  type NeuronKernelOptions,
  NeuronWriter,
  noiseRow,
  overNeurons,
  parameterValues,
  prefetchGroup,
  startStates,
  type Vectors,
  vectorsInFlight,
} from './neuron.ts'
import { f32x4, i32, i32x4, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/** Forward values that are at hand in reverse time without having been kept. */
const atHand = new Set(['constant', 'input', 'parameter'])

/** Which forward values the reverse pass reads from the scratch rows of the recomputed forward pass. */
export function keptValues(program: Program, adjoint: Adjoint): ValueId[] {
  return readByAdjoint(program, adjoint).filter((id) => {
    const { op } = program.instructions[id]
    return !atHand.has(op) && !(op === 'spike' && program.spiking)
  })
}

/** Bytes of scratch that one step of one group takes. @param lanes of one vector */
export function scratchRowBytes(program: Program, adjoint: Adjoint, lanes: number): number {
  return 4 * lanes * vectorsInFlight * Math.max(1, keptValues(program, adjoint).length)
}

/** Spike and window of a group from its stored bytes, as 1 or 0. */
function storedBits(k: NeuronWriter, lanes: Lanes, row: Value, vectors: number): { spike: Vectors; window: Vectors } {
  const { w } = k
  const address = w.i32(i32.add(row, i32.shrU(k.at, i32.const(2))))
  const spike: Value[] = []
  const window: Value[] = []
  for (let v = 0; v < vectors; v++) {
    const at = w.lanes * v
    const bits = w.wide(lanes === 'all' ? wide.loadBytes(address, at) : i32x4.splatWide(i32.load8U(address, at)))
    spike.push(w.wide(f32x4.fromInteger(v128.and(bits, w.integerConstant(1)))))
    window.push(w.wide(f32x4.fromInteger(i32x4.shrU(v128.and(bits, w.integerConstant(2)), i32.const(1)))))
  }
  return { spike, window }
}

/** Rows that the kernel reads and writes, each moved from step to step. */
type RowName = 'x' | 'output' | 'scale' | 'shift' | 'mean' | 'scratch' | 'gradient' | 'inputGradient' | 'sums'

type Fixed = ReadonlyMap<number, Vectors>

/**
 * Backward: recomputes the states forward in time with the forward kernel's operations, keeps what the adjoint reads in
 * a scratch row per step (which stays in the nearest cache), then runs the adjoint in reverse time. Spikes and windows
 * come from the stored bytes, so that both passes see the same spikes.
 */
export function neuronBackward(target: Target, counter: number, options: NeuronKernelOptions): Uint8Array<ArrayBuffer> {
  return assemble(
    target,
    (w, args, thread) => new NeuronBackward(w, args, thread, options).write(counter),
    options.relaxed,
  )
}

class NeuronBackward {
  private readonly w: Writer
  private readonly k: NeuronWriter
  private readonly program: Program
  private readonly adjoint: Adjoint
  private readonly normalised: boolean
  private readonly truncation: NeuronKernelOptions['truncation']
  private readonly drawn: ReturnType<typeof noiseRow>
  private readonly words: Local
  private readonly kept: readonly ValueId[]
  private readonly rowBytes: number
  private readonly scratch: Local
  /** Bytes of one step's output. */
  private readonly outputStep: Local
  private readonly t: Local
  private readonly rows: { readonly [N in RowName]: Local }
  private readonly parameterRows: readonly Local[]
  private readonly partialRows: readonly Local[]
  /** The task's own table of sums. */
  private readonly partial: Local

  constructor(w: Writer, args: Local, thread: Local, { neuron, normalised, truncation, noisy }: NeuronKernelOptions) {
    this.w = w
    this.normalised = normalised
    this.truncation = truncation
    const { program, adjoint } = neuron
    this.program = program
    this.adjoint = adjoint
    this.kept = keptValues(program, adjoint)
    this.rowBytes = scratchRowBytes(program, adjoint, w.lanes)
    const k = new NeuronWriter(w, args, neuron, 'backward')
    this.k = k
    k.readArguments('backward')
    this.drawn = noiseRow(k, noisy ?? false)
    this.words = w.i32()
    this.scratch = w.i32(i32.add(k.arg('scratch'), i32.mul(thread, k.arg('scratchBytes'))))
    const byteStep = w.i32(i32.shrU(k.arg('M'), i32.const(2)))
    this.outputStep = program.spiking ? byteStep : k.arg('M')
    this.t = w.i32()
    this.rows = {
      x: w.i32(),
      output: w.i32(),
      scale: w.i32(),
      shift: w.i32(),
      mean: w.i32(),
      scratch: w.i32(),
      gradient: w.i32(),
      inputGradient: w.i32(),
      sums: w.i32(),
    }
    this.parameterRows = program.parameters.map(() => w.i32())
    this.partialRows = program.parameters.map(() => w.i32())
    this.partial = w.i32()
  }

  write(counter: number): void {
    const { w, k, partial } = this
    overNeurons(
      k,
      counter,
      (lanes, vectors) => {
        this.toFirstStep()
        const fixed = parameterValues(k, lanes, vectors, this.parameterRows, false)
        this.recompute(lanes, vectors, fixed)
        this.reverse(lanes, vectors, fixed)
      },
      (task) => {
        w.set(partial, i32.add(k.arg('partials'), i32.mul(task, k.arg('partialBytes'))))
        w.fillMemory(partial, i32.const(0), k.arg('partialBytes'))
      },
    )
  }

  private toFirstStep(): void {
    const { w, k, rows, partial } = this
    for (const name of ['x', 'output', 'scale', 'shift', 'mean', 'gradient', 'inputGradient'] as const) {
      w.set(rows[name], k.arg(name))
    }
    w.set(rows.scratch, this.scratch)
    w.set(rows.sums, partial)
    this.parameterRows.forEach((row, i) => w.set(row, k.arg(`parameter${i}`)))
    this.partialRows.forEach((row, i) => {
      const offset = k.arg(`partialOffset${i}`)
      w.set(row, hasNeurons(this.program.parameters[i]) ? offset : i32.add(partial, offset))
    })
  }

  /** All rows one step on, or back. */
  private move(sign: 1 | -1): void {
    const { w, k, rows } = this
    const by = (row: Local, step: Value) => w.set(row, sign === 1 ? i32.add(row, step) : i32.sub(row, step))
    by(rows.x, k.arg('xStep'))
    by(rows.output, this.outputStep)
    by(rows.scale, k.arg('tableStep'))
    by(rows.shift, k.arg('tableStep'))
    by(rows.mean, k.arg('tableStep'))
    by(rows.scratch, i32.const(this.rowBytes))
    by(rows.gradient, k.arg('M'))
    by(rows.inputGradient, k.arg('inputGradientStep'))
    by(rows.sums, k.arg('sumStep'))
    this.parameterRows.forEach((row, i) => by(row, k.arg(`parameterStep${i}`)))
    this.partialRows.forEach((row, i) => by(row, k.arg(`partialStep${i}`)))
  }

  /** All steps forward, keeping what the adjoint reads. */
  private recompute(lanes: Lanes, vectors: number, fixed: Fixed): void {
    const { w, k, rows, program } = this
    const needed = dependencies(program.instructions, [...this.kept, ...program.states.map((s) => s.next)])
    const start = program.states.map((s) => s.start)
    const states = startStates(k, lanes, vectors, (i) => k.arg(`stateIn${i}`), start)
    if (this.drawn) w.set(this.words, this.drawn.start())
    w.for(this.t, i32.const(0), k.arg('T'), i32.const(1), () => {
      const { x } = k.input(lanes, vectors, this.normalised, rows.x, rows.scale, rows.shift)
      const stored = program.spiking ? storedBits(k, lanes, rows.output, vectors) : undefined
      const known = givenValues(program, x, states, this.parameters(lanes, vectors, fixed))
      const override = ({ op, index = 0 }: Instruction) => {
        if (this.drawn && op === 'noise') return k.drawn(this.words, index)
        return op === 'spike' ? stored?.spike : undefined
      }
      emitStep(k, known, program.instructions, 0, override, needed)
      this.kept.forEach((id, i) => {
        known.get(id)!.forEach((value, v) => w.do(wide.store(rows.scratch, value, this.scratchOffset(i, v))))
      })
      assignTogether(
        w,
        states,
        program.states.map((s) => known.get(s.next)!),
      )
      if (this.drawn) w.set(this.words, i32.add(this.words, i32.const(this.drawn.bytes)))
      if (lanes === 'all') {
        // The reverse pass reads and writes these.
        w.prefetch('read', i32.add(rows.gradient, k.at), vectors)
        w.prefetch('write', i32.add(rows.inputGradient, k.at), vectors)
      }
      this.move(1)
    })
  }

  private scratchOffset(kept: number, vector: number): number {
    return this.w.bytes * (vectorsInFlight * kept + vector)
  }

  private parameters(lanes: Lanes, vectors: number, fixed: Fixed): Map<number, Vectors> {
    return new Map([...fixed, ...parameterValues(this.k, lanes, vectors, this.parameterRows, true)])
  }

  /** The adjoint of the step that the rows stand at, or of it what is wanted: the values of its instructions. */
  private adjointStep(
    lanes: Lanes,
    vectors: number,
    fixed: Fixed,
    gradients: readonly Vectors[],
    wanted?: ReadonlySet<ValueId>,
  ) {
    const { w, k, rows, program, adjoint } = this
    const { raw, x } = k.input(lanes, vectors, this.normalised, rows.x, rows.scale, rows.shift)
    const stored = program.spiking ? storedBits(k, lanes, rows.output, vectors) : undefined
    const known = givenValues(program, x, [], this.parameters(lanes, vectors, fixed))
    program.instructions.forEach((instruction, id) => {
      if (instruction.op === 'spike' && stored) known.set(id, stored.spike)
      if (instruction.op === 'constant') k.compute(known, program.instructions, id, instruction)
    })
    this.kept.forEach((id, i) => {
      if (wanted && !wanted.has(id)) return
      const values = Array.from({ length: vectors }, (_, v) => {
        return w.wide(wide.load(rows.scratch, this.scratchOffset(i, v)))
      })
      known.set(id, values)
    })
    const gradientAt = w.i32(i32.add(rows.gradient, k.at))
    const outputGradient = Array.from({ length: vectors }, (_, v) => w.wide(k.load(lanes, gradientAt, w.bytes * v)))
    const override = (instruction: Instruction) => {
      if (instruction.op === 'outputGradient') return outputGradient
      if (instruction.op === 'stateGradient') return gradients[instruction.index ?? 0]
      return instruction.op === 'window' ? stored?.window : undefined
    }
    emitStep(k, known, adjoint.instructions, program.instructions.length, override, wanted)
    return { raw, known }
  }

  private gradientsOf(known: ReadonlyMap<ValueId, Vectors>): Vectors[] {
    return this.adjoint.states.map((id) => known.get(id)!)
  }

  private lastGradients(lanes: Lanes, vectors: number) {
    const zeros = this.program.states.map(() => 0)
    return startStates(this.k, lanes, vectors, (i) => this.k.arg(`stateGradientIn${i}`), zeros)
  }

  /**
   * Where gradients are truncated: at each step, if the last step that it receives a gradient from has moved, the
   * gradients of the states are made again from there.
   */
  private restarts(lanes: Lanes, vectors: number, fixed: Fixed, gradients: readonly (readonly Local[])[]): () => void {
    const { w, k, program, adjoint } = this
    const wanted = dependencies([...program.instructions, ...adjoint.instructions], adjoint.states)
    const [reached, end, step, later] = [w.i32(i32.const(0)), w.i32(), w.i32(), w.i32()]
    return () => {
      w.set(step, i32.sub(i32.sub(k.arg('T'), i32.const(1)), this.t))
      this.setEnd(end, step)
      w.if(i32.ne(end, reached), () => {
        w.set(reached, end)
        for (const vector of gradients.flat()) w.set(vector, f32x4.const(0))
        w.if(i32.eq(end, k.arg('T')), () => assignTogether(w, gradients, this.lastGradients(lanes, vectors)))
        const steps = w.i32(i32.sub(i32.sub(end, i32.const(1)), step))
        w.for(later, i32.const(0), steps, i32.const(1), () => this.move(1))
        w.for(later, i32.const(0), steps, i32.const(1), () => {
          const { known } = this.adjointStep(lanes, vectors, fixed, gradients, wanted)
          assignTogether(w, gradients, this.gradientsOf(known))
          this.move(-1)
        })
      })
    }
  }

  /** The step behind the last that `step` receives a gradient from. */
  private setEnd(end: Local, step: Local): void {
    const { w, k } = this
    if (this.truncation === 'window') w.set(end, i32.add(step, k.arg('reach')))
    else {
      w.set(end, i32.add(step, i32.const(1)))
      w.if(i32.ltU(step, k.arg('reach')), () => w.set(end, k.arg('reach')))
    }
    w.if(i32.gtU(end, k.arg('T')), () => w.set(end, k.arg('T')))
  }

  /** All steps of the adjoint, from the last. */
  private reverse(lanes: Lanes, vectors: number, fixed: Fixed): void {
    const { w, k } = this
    const gradients = this.lastGradients(lanes, vectors)
    const summed = Array.from({ length: vectors }, () => w.wide(f32x4.const(0)))
    const restart = this.truncation ? this.restarts(lanes, vectors, fixed, gradients) : () => {}
    w.for(this.t, i32.const(0), k.arg('T'), i32.const(1), () => {
      this.move(-1)
      restart()
      if (lanes === 'all') this.prefetchNext(vectors)
      const { raw, known } = this.adjointStep(lanes, vectors, fixed, gradients)
      const inputGradient = known.get(this.adjoint.input)!
      this.giveInput(lanes, inputGradient, summed)
      if (this.normalised) this.addNormalisation(lanes, vectors, inputGradient, raw)
      this.adjoint.parameters.forEach((id, i) => {
        const place = hasNeurons(this.program.parameters[i]) ? k.at : k.tableAt
        const address = w.i32(i32.add(this.partialRows[i], place))
        known.get(id)!.forEach((g, v) => this.addTo(lanes, address, w.bytes * v, g))
      })
      assignTogether(w, gradients, this.gradientsOf(known))
    })
    this.giveLast(lanes, gradients, summed)
  }

  private prefetchNext(vectors: number): void {
    const { w, k, rows } = this
    prefetchGroup(k, rows.x, vectors)
    if (!this.program.spiking) return
    const bytes = i32.shrU(i32.add(k.at, i32.const(w.bytes * vectors)), i32.const(2))
    w.prefetch('read', i32.add(rows.output, bytes), 1)
  }

  /** dL/dx of the step; of one frame that is repeated, its sum over the steps. */
  private giveInput(lanes: Lanes, inputGradient: Vectors, summed: readonly Local[]): void {
    const { w, k, rows } = this
    w.if(
      i32.ne(k.arg('inputGradientStep'), i32.const(0)),
      () => {
        const address = w.i32(i32.add(rows.inputGradient, k.at))
        inputGradient.forEach((g, v) => k.store(lanes, address, g, w.bytes * v))
      },
      () => inputGradient.forEach((g, v) => w.set(summed[v], f32x4.add(summed[v], g))),
    )
  }

  /** What BatchNorm's gradient is made of: sums of the gradient, and of its products with x less its mean. */
  private addNormalisation(lanes: Lanes, vectors: number, inputGradient: Vectors, raw: Vectors): void {
    const { w, k, rows } = this
    const sumsAt = w.i32(i32.add(rows.sums, k.tableAt))
    const dotsAt = w.i32(i32.add(sumsAt, k.arg('dotOffset')))
    const mean = k.fromTable(lanes, rows.mean, vectors)
    inputGradient.forEach((g, v) => {
      this.addTo(lanes, sumsAt, w.bytes * v, g)
      this.addTo(lanes, dotsAt, w.bytes * v, f32x4.mul(g, f32x4.sub(raw[v], mean[v])))
    })
  }

  private addTo(lanes: Lanes, address: Local, offset: number, value: Value): void {
    const { w, k } = this
    const sum = w.wide(f32x4.add(k.load(lanes, address, offset), value))
    k.store(lanes, address, sum, offset)
  }

  /** What is there once all steps are done: the gradient of a repeated frame, and those of the start states. */
  private giveLast(lanes: Lanes, gradients: readonly Vectors[], summed: Vectors): void {
    const { w, k } = this
    const give = (name: string, values: Vectors) => {
      const address = w.i32(i32.add(k.arg(name), k.at))
      values.forEach((g, v) => k.store(lanes, address, g, w.bytes * v))
    }
    w.if(i32.eqz(k.arg('inputGradientStep')), () => give('inputGradient', summed))
    gradients.forEach((gradient, i) => {
      const name = `stateGradientOut${i}`
      w.if(i32.ne(k.arg(name), i32.const(0)), () => give(name, gradient))
    })
  }
}
