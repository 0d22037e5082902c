// One network on the GPU, as one line of JSON: node bench/gpu-model.mjs --model resnet18 --batch 128 --T 6 [--precision mixed]
// Needs the build and the package webgpu. bench/gpu_peer.py does the same in PyTorch.
import { parseArgs } from 'node:util'
import { Random } from '../dist/base/index.js'
import { tetLoss } from '../dist/losses/index.js'
import { clif, defaultBackend, modelNamed, sgd, trainingStep } from '../dist/node.js'
import { tensorOf } from '../dist/tensor/index.js'
import { Updates } from '../dist/train/updates.js'
import { firingCounter, watched } from './firing.mjs'
import { medianSeconds } from './timing.mjs'

const input = [32, 32, 3]
const classes = 10

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'resnet18' },
    batch: { type: 'string', default: '128' },
    T: { type: 'string', default: '6' },
    precision: { type: 'string', default: 'float32' },
    gib: { type: 'string', default: '64' },
  },
})
const [batch, T] = [Number(values.batch), Number(values.T)]
const { model, precision } = values

const backend = await defaultBackend({ backend: 'webgpu', precision, memoryBytes: Number(values.gib) * 2 ** 30 })
const network = modelNamed(model)({ input, classes, neuron: clif(), T, seed: 1 })
await network.place(backend)
const random = new Random(1)
const images = Float32Array.from({ length: batch * 3072 }, () => 2 * random.uniform() - 1)
const labels = Int32Array.from({ length: batch }, () => random.below(classes))
const updates = new Updates(network, backend, sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 5e-5 }))
const options = { backend, T, updates, loss: tetLoss(), learningRate: 0.01 }
const losses = []
let key = 0
const update = async () => {
  losses.push((await trainingStep(network, { images, labels }, { ...options, key: key++ })).loss)
}
// The first update compiles and tries tiles; the second runs with those chosen.
await update()
await update()
const trainSeconds = await medianSeconds(update)
const peakMb = backend.peakBytes() / 2 ** 20
const infer = async (observe) => {
  backend.beginStep()
  try {
    const x = tensorOf(backend, [1, batch, ...input], images)
    const run = { backend, tape: null, training: false, T, key: 0, ...(observe ? { observe } : {}) }
    await backend.read(network.forward(x, run).handle)
  } finally {
    backend.endStep()
  }
}
const inferSeconds = await medianSeconds(() => infer(null))
const counter = firingCounter(backend)
await trainingStep(watched(network, counter.observe), { images, labels }, { ...options, key })
const { firingRate } = await counter.rates()
console.log(
  JSON.stringify({
    who: 'spikelet webgpu',
    model,
    precision,
    batch,
    T,
    train_images_per_s: batch / trainSeconds,
    infer_images_per_s: batch / inferSeconds,
    peak_mb: peakMb,
    train_firing_rate: firingRate,
    losses,
    device: backend.info.features[0],
    features: backend.info.features.slice(1),
  }),
)
await backend.close()
