import * as ort from 'onnxruntime-web'
import { describe, expect, test } from 'vitest'
import { sizeOf } from '../../base/index.ts'
import { type Plan, PlanRun, planOf } from '../plan/index.ts'
import { quantised } from '../quantise.ts'
import { filled, someFrames, testedNetworks, testedNeurons } from '../testing/networks.ts'
import { outside, stateShapes } from './graph.ts'
import { onnxSequence, onnxStep } from './models.ts'

ort.env.wasm.numThreads = 1

/** [H, W, C] as [C, H, W]. */
function turned(values: Float32Array, shape: readonly number[]): Float32Array {
  if (shape.length === 1) return values
  const [height, width, channels] = shape
  return Float32Array.from(values, (_, i) => {
    return values[(i % (height * width)) * channels + Math.floor(i / (height * width))]
  })
}

const tensor = (values: Float32Array, dims: number[]) => new ort.Tensor('float32', values, dims)

/** Outputs of a session that is fed step by step with its own states. */
async function stepped(plan: Plan, frames: readonly Float32Array[]): Promise<Float32Array[]> {
  const session = await ort.InferenceSession.create(onnxStep(plan))
  const { shape } = plan.values[0]
  let states: Record<string, ort.Tensor> = {}
  stateShapes(plan).forEach((dims, i) => {
    const { name, start } = plan.states[i]
    states[`${name}.before`] = tensor(new Float32Array(sizeOf(dims)).fill(start), [1, ...outside(dims)])
  })
  const outputs: Float32Array[] = []
  for (const frame of frames) {
    const results = await session.run({ ...states, frame: tensor(turned(frame, shape), [1, ...outside(shape)]) })
    outputs.push(results.outputs.data as Float32Array)
    states = Object.fromEntries(plan.states.map(({ name }) => [`${name}.before`, results[`${name}.after`]]))
  }
  await session.release()
  return outputs
}

test.each(['int8', 'int16', 'float16'] as const)('weights of %s: smaller files, the same outputs', async (type) => {
  const network = filled(testedNetworks.convolutional(testedNeurons.lif()))
  const exact = planOf(network)
  const plan = quantised(exact, type)
  const saved = onnxStep(exact).length - onnxStep(plan).length
  const weights = plan.steps.reduce((sum, step) => sum + ('weight' in step ? step.weight.values.length : 0), 0)
  expect(saved).toBeGreaterThan((type === 'int8' ? 2.9 : 1.9) * weights - 1000)
  const frames = someFrames(network, 5)
  const run = new PlanRun(plan)
  for (const [t, got] of (await stepped(plan, frames)).entries()) {
    const wanted = run.step(frames[t])
    Array.from(got, (value, k) => expect(Math.abs(value - wanted[k])).toBeLessThan(1e-4))
  }
})

describe.each(Object.entries(testedNeurons))('ONNX of %s', (_, neuron) => {
  test.each(Object.entries(testedNetworks))('%s: onnxruntime gives the outputs', async (_name, make) => {
    const network = filled(make(neuron()))
    const plan = planOf(network)
    const frames = someFrames(network, 5)
    const run = new PlanRun(plan)
    const expected = frames.map((frame) => Float64Array.from(run.step(frame)))
    const near = (got: ArrayLike<number>, wanted: ArrayLike<number>) => {
      expect(got.length).toBe(wanted.length)
      Array.from(got, (value, k) => expect(Math.abs(value - wanted[k])).toBeLessThan(1e-4))
    }
    const outputs = await stepped(plan, frames)
    outputs.forEach((got, t) => near(got, expected[t]))
    const session = await ort.InferenceSession.create(onnxSequence(plan))
    const { shape } = plan.values[0]
    const all = Float32Array.from(frames.flatMap((frame) => [...turned(frame, shape)]))
    const results = await session.run({ frames: tensor(all, [frames.length, 1, ...outside(shape)]) })
    near(
      results.outputs.data as Float32Array,
      expected.flatMap((values) => [...values]),
    )
    const mean = expected[0].map((_value, k) => expected.reduce((sum, values) => sum + values[k], 0) / frames.length)
    near(results.logits.data as Float32Array, mean)
    await session.release()
  })
})
