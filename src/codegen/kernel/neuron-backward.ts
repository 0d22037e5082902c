import {
  type Adjoint,
  dependencies,
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
  overNeurons,
  parameterValues,
  prefetchGroup,
  startStates,
  type Vectors,
  vectorsInFlight,
} from './neuron.ts'
import { f32x4, i32, i32x4, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target } from './writer.ts'

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

/**
 * Backward: recomputes the states forward in time with the forward kernel's operations, keeps what the adjoint reads in
 * a scratch row per step (which stays in the nearest cache), then runs the adjoint in reverse time. Spikes and windows
 * come from the stored bytes, so that both passes see the same spikes.
 */
export function neuronBackward(target: Target, counter: number, options: NeuronKernelOptions): Uint8Array<ArrayBuffer> {
  const { neuron, normalised, truncation } = options
  const { program, adjoint } = neuron
  const fresh = program.states.map(() => 0)
  const kept = keptValues(program, adjoint)
  const rowBytes = scratchRowBytes(program, adjoint, target.lanes)
  const forwardNeeded = dependencies(program.instructions, [...kept, ...program.states.map((s) => s.next)])
  return assemble(
    target,
    (w, args, thread) => {
      const k = new NeuronWriter(w, args, neuron, 'backward')
      k.readArguments('backward')
      const scratch = w.i32(i32.add(k.arg('scratch'), i32.mul(thread, k.arg('scratchBytes'))))
      const byteStep = w.i32(i32.shrU(k.arg('M'), i32.const(2)))
      const outputStep = program.spiking ? byteStep : k.arg('M')
      const t = w.i32()
      const rows = {
        x: w.i32(),
        output: w.i32(),
        scale: w.i32(),
        shift: w.i32(),
        mean: w.i32(),
        scratch: w.i32(),
        gradient: w.i32(),
        inputGradient: w.i32(),
        sums: w.i32(),
        parameters: program.parameters.map(() => w.i32()),
        partials: program.parameters.map(() => w.i32()),
      }
      const partial = w.i32()

      const move = (sign: 1 | -1): void => {
        const by = (row: Local, step: Value) => w.set(row, sign === 1 ? i32.add(row, step) : i32.sub(row, step))
        by(rows.x, k.arg('xStep'))
        by(rows.output, outputStep)
        by(rows.scale, k.arg('tableStep'))
        by(rows.shift, k.arg('tableStep'))
        by(rows.mean, k.arg('tableStep'))
        by(rows.scratch, i32.const(rowBytes))
        by(rows.gradient, k.arg('M'))
        by(rows.inputGradient, k.arg('inputGradientStep'))
        by(rows.sums, k.arg('sumStep'))
        rows.parameters.forEach((row, i) => by(row, k.arg(`parameterStep${i}`)))
        rows.partials.forEach((row, i) => by(row, k.arg(`partialStep${i}`)))
      }

      const recompute = (lanes: Lanes, vectors: number, fixed: ReadonlyMap<number, Vectors>): void => {
        const start = program.states.map((s) => s.start)
        const states = startStates(k, lanes, vectors, (i) => k.arg(`stateIn${i}`), start)
        w.for(t, i32.const(0), k.arg('T'), i32.const(1), () => {
          const { x } = k.input(lanes, vectors, normalised, rows.x, rows.scale, rows.shift)
          const stored = program.spiking ? storedBits(k, lanes, rows.output, vectors) : undefined
          const parameters = new Map([...fixed, ...parameterValues(k, lanes, vectors, rows.parameters, true)])
          const known = givenValues(program, x, states, parameters)
          const override = (i: Instruction) => (i.op === 'spike' ? stored?.spike : undefined)
          emitStep(k, known, program.instructions, 0, override, forwardNeeded)
          kept.forEach((id, i) =>
            known
              .get(id)!
              .forEach((value, v) => w.do(wide.store(rows.scratch, value, w.bytes * (vectorsInFlight * i + v)))),
          )
          assignTogether(
            w,
            states,
            program.states.map((s) => known.get(s.next)!),
          )
          if (lanes === 'all') {
            // The reverse pass reads and writes these.
            w.prefetch('read', i32.add(rows.gradient, k.at), vectors)
            w.prefetch('write', i32.add(rows.inputGradient, k.at), vectors)
          }
          move(1)
        })
      }

      const addTo = (lanes: Lanes, address: Local, offset: number, value: Value): void => {
        const sum = w.wide(f32x4.add(k.load(lanes, address, offset), value))
        k.store(lanes, address, sum, offset)
      }

      /** The adjoint of the step that the rows stand at, or of it what is wanted: the values of its instructions. */
      const adjointStep = (
        lanes: Lanes,
        vectors: number,
        fixed: ReadonlyMap<number, Vectors>,
        gradients: readonly Vectors[],
        wanted?: ReadonlySet<ValueId>,
      ) => {
        const count = program.instructions.length
        const { raw, x } = k.input(lanes, vectors, normalised, rows.x, rows.scale, rows.shift)
        const stored = program.spiking ? storedBits(k, lanes, rows.output, vectors) : undefined
        const parameters = new Map([...fixed, ...parameterValues(k, lanes, vectors, rows.parameters, true)])
        const known = givenValues(program, x, [], parameters)
        program.instructions.forEach((instruction, id) => {
          if (instruction.op === 'spike' && stored) known.set(id, stored.spike)
          if (instruction.op === 'constant') k.compute(known, program.instructions, id, instruction)
        })
        kept.forEach((id, i) => {
          if (wanted && !wanted.has(id)) return
          const values = Array.from({ length: vectors }, (_, v) =>
            w.wide(wide.load(rows.scratch, w.bytes * (vectorsInFlight * i + v))),
          )
          known.set(id, values)
        })
        const gradientAt = w.i32(i32.add(rows.gradient, k.at))
        const outputGradient = Array.from({ length: vectors }, (_, v) => w.wide(k.load(lanes, gradientAt, w.bytes * v)))
        const override = (instruction: Instruction) => {
          if (instruction.op === 'outputGradient') return outputGradient
          if (instruction.op === 'stateGradient') return gradients[instruction.index ?? 0]
          return instruction.op === 'window' ? stored?.window : undefined
        }
        emitStep(k, known, adjoint.instructions, count, override, wanted)
        return { raw, known }
      }

      /**
       * Where gradients are truncated: at each step, if the last step that it receives a gradient from has moved, the
       * gradients of the states are made again from there.
       */
      const restarts = (
        lanes: Lanes,
        vectors: number,
        fixed: ReadonlyMap<number, Vectors>,
        gradients: readonly (readonly Local[])[],
      ): (() => void) => {
        const all = [...program.instructions, ...adjoint.instructions]
        const wanted = dependencies(all, adjoint.states)
        const [reached, end, step, later] = [w.i32(i32.const(0)), w.i32(), w.i32(), w.i32()]
        const atMost = (most: Value) => w.if(i32.gtU(end, most), () => w.set(end, most))
        const setEnd = (): void => {
          if (truncation === 'window') w.set(end, i32.add(step, k.arg('reach')))
          else {
            w.set(end, i32.add(step, i32.const(1)))
            w.if(i32.ltU(step, k.arg('reach')), () => w.set(end, k.arg('reach')))
          }
          atMost(k.arg('T'))
        }
        return () => {
          w.set(step, i32.sub(i32.sub(k.arg('T'), i32.const(1)), t))
          setEnd()
          w.if(i32.ne(end, reached), () => {
            w.set(reached, end)
            for (const vector of gradients.flat()) w.set(vector, f32x4.const(0))
            w.if(i32.eq(end, k.arg('T')), () => {
              const given = startStates(k, lanes, vectors, (i) => k.arg(`stateGradientIn${i}`), fresh)
              assignTogether(w, gradients, given)
            })
            const steps = w.i32(i32.sub(i32.sub(end, i32.const(1)), step))
            w.for(later, i32.const(0), steps, i32.const(1), () => move(1))
            w.for(later, i32.const(0), steps, i32.const(1), () => {
              const { known } = adjointStep(lanes, vectors, fixed, gradients, wanted)
              assignTogether(
                w,
                gradients,
                adjoint.states.map((id) => known.get(id)!),
              )
              move(-1)
            })
          })
        }
      }

      const reverse = (lanes: Lanes, vectors: number, fixed: ReadonlyMap<number, Vectors>): void => {
        const gradients = startStates(k, lanes, vectors, (i) => k.arg(`stateGradientIn${i}`), fresh)
        const summed = Array.from({ length: vectors }, () => w.wide(f32x4.const(0)))
        const restart = truncation ? restarts(lanes, vectors, fixed, gradients) : () => {}
        w.for(t, i32.const(0), k.arg('T'), i32.const(1), () => {
          move(-1)
          restart()
          if (lanes === 'all') {
            prefetchGroup(k, rows.x, vectors)
            if (program.spiking) {
              const bytes = i32.shrU(i32.add(k.at, i32.const(w.bytes * vectors)), i32.const(2))
              w.prefetch('read', i32.add(rows.output, bytes), 1)
            }
          }
          const { raw, known } = adjointStep(lanes, vectors, fixed, gradients)
          const inputGradient = known.get(adjoint.input)!
          w.if(
            i32.ne(k.arg('inputGradientStep'), i32.const(0)),
            () => {
              const address = w.i32(i32.add(rows.inputGradient, k.at))
              inputGradient.forEach((g, v) => k.store(lanes, address, g, w.bytes * v))
            },
            () => inputGradient.forEach((g, v) => w.set(summed[v], f32x4.add(summed[v], g))),
          )
          if (normalised) {
            const sumsAt = w.i32(i32.add(rows.sums, k.tableAt))
            const dotsAt = w.i32(i32.add(sumsAt, k.arg('dotOffset')))
            const mean = k.fromTable(lanes, rows.mean, vectors)
            inputGradient.forEach((g, v) => {
              addTo(lanes, sumsAt, w.bytes * v, g)
              addTo(lanes, dotsAt, w.bytes * v, f32x4.mul(g, f32x4.sub(raw[v], mean[v])))
            })
          }
          adjoint.parameters.forEach((id, i) => {
            const address = w.i32(i32.add(rows.partials[i], k.tableAt))
            known.get(id)!.forEach((g, v) => addTo(lanes, address, w.bytes * v, g))
          })
          assignTogether(
            w,
            gradients,
            adjoint.states.map((id) => known.get(id)!),
          )
        })
        w.if(i32.eqz(k.arg('inputGradientStep')), () => {
          const address = w.i32(i32.add(k.arg('inputGradient'), k.at))
          summed.forEach((g, v) => k.store(lanes, address, g, w.bytes * v))
        })
        gradients.forEach((gradient, i) => {
          w.if(i32.ne(k.arg(`stateGradientOut${i}`), i32.const(0)), () => {
            const address = w.i32(i32.add(k.arg(`stateGradientOut${i}`), k.at))
            gradient.forEach((g, v) => k.store(lanes, address, g, w.bytes * v))
          })
        })
      }

      overNeurons(
        k,
        counter,
        (lanes, vectors) => {
          for (const name of ['x', 'output', 'scale', 'shift', 'mean', 'gradient', 'inputGradient'] as const) {
            w.set(rows[name], k.arg(name))
          }
          w.set(rows.scratch, scratch)
          w.set(rows.sums, partial)
          rows.parameters.forEach((row, i) => w.set(row, k.arg(`parameter${i}`)))
          rows.partials.forEach((row, i) => w.set(row, i32.add(partial, k.arg(`partialOffset${i}`))))
          const fixed = parameterValues(k, lanes, vectors, rows.parameters, false)
          recompute(lanes, vectors, fixed)
          reverse(lanes, vectors, fixed)
        },
        (task) => {
          w.set(partial, i32.add(k.arg('partials'), i32.mul(task, k.arg('partialBytes'))))
          w.fillMemory(partial, i32.const(0), k.arg('partialBytes'))
        },
      )
    },
    options.relaxed,
  )
}
