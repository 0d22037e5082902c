import { sizeOf } from '../../base/index.ts'
import type { Plan } from '../plan/index.ts'
import { wasmProgram } from '../wasm/program.ts'
import type { ExportedStep } from './follow.ts'

interface Exports {
  readonly memory: WebAssembly.Memory
  init(): void
  reset(): void
  step(): void
  frame(): number
  outputs(): number
}

/** A plan as a module that runs here, and gives outputs and spikes as `followed` takes them. */
export function wasmSteps(plan: Plan): ExportedStep {
  const { bytes, layout } = wasmProgram(plan, { reuse: false })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const { memory, init, reset, step, frame, outputs } = exports as unknown as Exports
  init()
  const size = sizeOf(plan.values[plan.output].shape)
  return (values, first) => {
    if (first) reset()
    new Float32Array(memory.buffer, frame(), values.length).set(values)
    step()
    const fired = new Map<number, Uint8Array>()
    plan.steps.forEach((made, at) => {
      if (made.op !== 'neurons' || !layout.isSpikes(made.to)) return
      const marks = new Uint8Array(layout.size(made.to))
      const [count] = new Uint32Array(memory.buffer, layout.count(made.to), 1)
      for (const place of new Uint32Array(memory.buffer, layout.list(made.to), count)) marks[place] = 1
      fired.set(at, marks)
    })
    return { outputs: new Float32Array(memory.buffer, outputs(), size).slice(), fired }
  }
}
