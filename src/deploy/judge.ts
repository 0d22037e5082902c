import { sizeOf } from '../base/index.ts'
import type { Plan } from './plan/index.ts'
import { wasmProgram } from './wasm/index.ts'

/** A sample as a network gets it, with its class. */
export interface PlanSample {
  /** One frame a time step. */
  readonly frames: readonly Float32Array[]
  readonly label: number
}

export interface PlanJudgement {
  readonly samples: number
  readonly correct: number
  /** The class of each sample. */
  readonly classes: readonly number[]
  /** Spikes of all neurons, a sample. */
  readonly spikes: number
}

/** Runs a plan's module over samples: what comes out of its classes, and how much it fires. */
export function judgePlan(plan: Plan, samples: readonly PlanSample[]): PlanJudgement {
  const { bytes, layout } = wasmProgram(plan, { reuse: false })
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
  const { memory, init, reset, step, frame, logits } = exports as unknown as {
    readonly memory: WebAssembly.Memory
    readonly [name: string]: WebAssembly.Memory | (() => number)
  } & { init(): void; reset(): void; step(): void; frame(): number; logits(): number }
  init()
  const fired = plan.steps.flatMap((made) => {
    return made.op === 'neurons' && layout.isSpikes(made.to) ? [layout.count(made.to)] : []
  })
  const classes: number[] = []
  let spikes = 0
  for (const { frames } of samples) {
    reset()
    for (const values of frames) {
      new Float32Array(memory.buffer, frame(), values.length).set(values)
      step()
      const counts = new Uint32Array(memory.buffer)
      for (const at of fired) spikes += counts[at / 4]
    }
    const outputs = new Float32Array(memory.buffer, logits(), sizeOf(plan.values[plan.output].shape))
    classes.push(outputs.indexOf(Math.max(...outputs)))
  }
  const correct = classes.filter((label, n) => label === samples[n].label).length
  return { samples: samples.length, correct, classes, spikes: samples.length > 0 ? spikes / samples.length : 0 }
}
