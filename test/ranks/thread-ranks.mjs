// Ranks that are threads of one process: the same calls as over MPI, where there is no MPI. One thread trains as told.
import { parentPort, workerData } from 'node:worker_threads'
import { modelNamed } from '../../dist/models/index.js'
import { arrayDataset, clif, defaultBackend, lif, sgd } from '../../dist/node.js'
import { Trainer } from '../../dist/train/index.js'

const { rank, size, shared, job } = workerData
const words = new Int32Array(shared, 0, 2)
const slotBytes = (shared.byteLength - 64) / size

/** Waits until all ranks are here. */
function meet() {
  const round = Atomics.load(words, 1)
  if (Atomics.add(words, 0, 1) === size - 1) {
    Atomics.store(words, 0, 0)
    Atomics.add(words, 1, 1)
    Atomics.notify(words, 1)
  } else while (Atomics.load(words, 1) === round) Atomics.wait(words, 1, round, 100)
}

const slot = (r, Kind, length) => new Kind(shared, 64 + r * slotBytes, length)

const ranks = {
  rank,
  size,
  engine: 'threads',
  hosts: Array.from({ length: size }, () => 'here'),
  sum(values) {
    const Kind = values.constructor
    slot(rank, Kind, values.length).set(values)
    meet()
    values.fill(0)
    for (let r = 0; r < size; r++) {
      const part = slot(r, Kind, values.length)
      for (let i = 0; i < values.length; i++) values[i] += part[i]
    }
    meet()
  },
  broadcast(bytes) {
    if (rank === 0) {
      slot(0, Float64Array, 1)[0] = bytes ? bytes.length : -1
      if (bytes) slot(0, Uint8Array, 8 + bytes.length).set(bytes, 8)
    }
    meet()
    const length = slot(0, Float64Array, 1)[0]
    const all = length < 0 ? undefined : slot(0, Uint8Array, 8 + length).slice(8)
    meet()
    return all
  },
  close() {},
}

const { model, backend: name, options, data, stopAt, record } = job
const set = ({ x, y }) => arrayDataset({ x: Float32Array.from(x), y, shape: data.shape, classes: data.classes })
const datasets = { name: 'noise', train: set(data.train), test: set(data.test), notes: [] }
const backend = await defaultBackend({ backend: name, threads: 1 })
const neuron = job.neuron === 'lif' ? lif() : clif()
const network = modelNamed(model)({
  input: data.shape,
  classes: data.classes.length,
  neuron,
  T: options.T,
  seed: 1,
  hidden: job.hidden,
})
const losses = []
const accuracies = []
try {
  const trainer = new Trainer(network, datasets, {
    ...options,
    backend,
    ranks: size > 1 || record ? ranks : null,
    optimiser: sgd(job.sgd),
    host: { clock: () => performance.now() / 1000, pause: async () => {} },
    hooks: {
      onUpdate({ update, loss, accuracy }, training) {
        losses.push(loss)
        accuracies.push(accuracy)
        if (update === stopAt && rank === size - 1) training.stop()
      },
    },
  })
  const { test, stopped, config } = await trainer.run()
  await network.pull()
  const parameters = Object.fromEntries(
    [...network.parameters(), ...network.buffers()].map((p) => [p.path, [...p.values]]),
  )
  parentPort.postMessage({ losses, accuracies, parameters, test, stopped, config: JSON.stringify(config) })
} catch (error) {
  parentPort.postMessage({ error: error.message })
}
await backend.close()
