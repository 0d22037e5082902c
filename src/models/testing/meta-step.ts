import { expect } from 'vitest'
import { type Backend, createInterpreter } from '../../backends/index.ts'
import { hashedUniform } from '../../base/index.ts'
import { tetLoss } from '../../losses/index.ts'
import { lif } from '../../neurons/index.ts'
import { sgd, trainingStep, Updates } from '../../train/index.ts'
import { metaSpikeformer } from '../index.ts'

const size = { channels: [16, 16, 32, 32], depths: [1, 1], heads: 4 } as const

/** A training step, and what it made of every parameter and statistic. */
async function stepped(backend: Backend) {
  const network = metaSpikeformer('meta', size, { input: [8, 8, 3], classes: 3, neuron: lif({ threshold: 0.5 }) })
  await network.place(backend)
  const updates = new Updates(network, backend, sgd())
  const batch = { images: Float32Array.from(hashedUniform(4 * 192, 3)), labels: Int32Array.of(0, 1, 2, 0) }
  const { loss, gradientNorm } = await trainingStep(network, batch, {
    ...{ backend, T: 2, loss: tetLoss(), key: 1, updates, learningRate: 0.1 },
  })
  const before = new Map(network.parameters().map((p) => [p.path, Float64Array.from(p.values)]))
  await network.pull()
  const after = [...network.parameters(), ...network.buffers()]
  const moved = after.filter(({ path, values }) => before.get(path)?.some((value, i) => value !== values[i]))
  const values = new Map(after.map((p) => [p.path, Float64Array.from(p.values)]))
  await backend.close()
  return { loss, gradientNorm, values, moved: moved.length, trained: before.size }
}

/**
 * A training step of Meta-SpikeFormer is the interpreter's. Operation by operation it cannot be judged: a BatchNorm right
 * behind another makes gradients of the first that are 0 but for rounding. What an update makes of the parameters can.
 */
export async function metaStepAgrees(open: () => Promise<Backend>): Promise<void> {
  const [reference, run] = [await stepped(createInterpreter()), await stepped(await open())]
  expect(reference.moved).toBe(reference.trained)
  expect(reference.gradientNorm).toBeGreaterThan(0.1)
  expect(Math.abs(run.loss - reference.loss)).toBeLessThan(1e-5)
  for (const [path, expected] of reference.values) {
    const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - run.values.get(path)![i])), 0)
    expect(worst, path).toBeLessThan(1e-4)
  }
}
