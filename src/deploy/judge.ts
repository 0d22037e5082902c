import { sizeOf } from '../base/index.ts'
import { type FixedPlan, FixedRun } from './fixed/index.ts'
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
  return judgement(samples, classes, spikes)
}

/** The same of a program of whole numbers. */
export function judgeFixed(fixed: FixedPlan, samples: readonly PlanSample[]): PlanJudgement {
  const { plan, math } = fixed
  const run = new FixedRun(fixed)
  const layers = plan.steps.flatMap((step) => {
    return step.op === 'neurons' && plan.values[step.to].kind === 'spikes' ? [run.values[step.to]] : []
  })
  const classes: number[] = []
  let spikes = 0
  for (const { frames } of samples) {
    run.reset()
    const sums = new Float64Array(sizeOf(plan.values[plan.output].shape))
    for (const frame of frames) {
      run.step(frame).forEach((value, k) => {
        sums[k] += value
      })
      for (const values of layers) spikes += values.reduce((sum, value) => sum + value, 0) / math.one
    }
    classes.push(sums.indexOf(Math.max(...sums)))
  }
  return judgement(samples, classes, spikes)
}

function judgement(samples: readonly PlanSample[], classes: readonly number[], spikes: number): PlanJudgement {
  const correct = classes.filter((label, n) => label === samples[n].label).length
  return { samples: samples.length, correct, classes, spikes: samples.length > 0 ? spikes / samples.length : 0 }
}
