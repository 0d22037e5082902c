import { expect } from 'vitest'
import { type Comparison, createComparing, createInterpreter, createWasm } from '../../backends/index.ts'
import { hashedUniform } from '../../base/index.ts'
import { tetLoss } from '../../losses/index.ts'
import { sgd, trainingStep, Updates } from '../../train/index.ts'
import { type ModelOptions, models, qkformer, spikformer } from '../index.ts'

const small = { depth: 1, channels: 64, heads: 4 }

/** The transformers narrower than they are published, for the interpreter's sake. */
const makes: { readonly [name: string]: (options: ModelOptions) => ReturnType<typeof spikformer> } = {
  ...models,
  spikformer: (options) => spikformer('spikformer', small, options),
  qkformer: (options) => qkformer('qkformer', { depths: [1, 1, 1], channels: 64, heads: 2 }, options),
}

/** A training step of a published model on small images: every operation of WebAssembly is that of the interpreter. */
export async function compareStep(name: string, neuron: ModelOptions['neuron']): Promise<void> {
  const seen: Comparison[] = []
  const backend = createComparing(createInterpreter(), await createWasm(), (one) => seen.push(one))
  const network = makes[name]({ input: [8, 8, 3], classes: 3, neuron })
  await network.place(backend)
  const updates = new Updates(network, backend, sgd())
  const batch = { images: Float32Array.from(hashedUniform(4 * 192, 3)), labels: Int32Array.of(0, 1, 2, 0) }
  const result = await trainingStep(network, batch, {
    ...{ backend, T: 2, loss: tetLoss(), key: 1, updates, learningRate: 0.1 },
  })
  expect(result.gradientNorm).toBeGreaterThan(0)
  expect(Number.isFinite(result.loss)).toBe(true)
  expect(seen.length).toBeGreaterThan(100)
  expect(seen.filter(({ ok }) => !ok)).toEqual([])
  await backend.close()
}
