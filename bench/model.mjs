import { readFileSync } from 'node:fs'
import { Random } from '../dist/base/index.js'
import { tetLoss } from '../dist/losses/index.js'
import { clif, defaultBackend, modelNamed, sgd, trainingStep } from '../dist/node.js'
import { tensorOf } from '../dist/tensor/index.js'
import { Updates } from '../dist/train/updates.js'
import { firingCounter, meanRates, watched } from './firing.mjs'
import { median, medianSeconds, now } from './timing.mjs'
import { countingBackend, shareOfPeak } from './work.mjs'

export const input = [32, 32, 3]
export const classes = 10
/** After one update alone, what BatchNorm's running variance started with would still keep inference too silent. */
const warmUpdates = 2
const timedUpdates = 5

/**
 * Training steps and inference of one network with CLIF neurons, from the start that PyTorch would give it, on one
 * batch of noise. Run it in a process of its own: the peak memory is the process's.
 * @param {{ model: string, batch: number, T: number, threads?: number | undefined, simd?: 'widest' | '512' | '256' | '128' }} options
 */
export async function measureModel({ model, batch, T, threads, simd = 'widest' }) {
  const own = await defaultBackend({ simd, now, ...(threads === undefined ? {} : { threads }) })
  const { backend, count } = countingBackend(own)
  try {
    const network = modelNamed(model)({ input, classes, neuron: clif(), T, seed: 1 })
    await network.place(backend)
    const images = noise(batch)
    const training = trainer(network, images, { backend, T, kernelSeconds: () => kernelSeconds(own) })
    const trained = await training.timed()
    const peakMb = processPeakMb()
    const inference = inferrer(network, images, { backend, T })
    const inferSeconds = await medianSeconds(inference.run)
    const inferRates = await inference.rates()
    const work = { train: await count(training.update), infer: await count(inference.run) }
    const peak = own.measurePeak(now)
    const speed = (seconds, of) => ({
      seconds,
      imagesPerSecond: batch / seconds,
      ...of,
      additionsPerSecond: of.additions / seconds,
      shareOfPeak: shareOfPeak(of, seconds, peak),
    })
    return {
      model,
      batch,
      T,
      node: process.versions.node,
      threads: own.info.threads,
      features: own.info.features,
      peak,
      peakMb,
      backendPeakMb: trained.backendPeakMb,
      losses: trained.losses,
      train: {
        ...speed(trained.seconds, work.train),
        ...trained.rates,
        betweenKernelsSeconds: trained.betweenKernelsSeconds,
      },
      infer: { ...speed(inferSeconds, work.infer), ...inferRates },
    }
  } finally {
    await own.close()
  }
}

/** Seconds in kernels since the last call of this. */
function kernelSeconds(backend) {
  return [...backend.kernelTimes().values()].reduce((sum, { seconds }) => sum + seconds, 0)
}

/** One batch: values uniform in [-1, 1), labels at random. */
export function noise(batch) {
  const random = new Random(1)
  const size = batch * input[0] * input[1] * input[2]
  return {
    images: Float32Array.from({ length: size }, () => 2 * random.uniform() - 1),
    labels: Int32Array.from({ length: batch }, () => random.below(classes)),
  }
}

/** @param kernelSeconds seconds in kernels since its last call */
export function trainer(network, images, { backend, T, kernelSeconds = () => Number.NaN }) {
  const optimiser = sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 5e-5 })
  const updates = new Updates(network, backend, optimiser)
  const counter = firingCounter(backend)
  const observed = watched(network, counter.observe)
  const options = { backend, T, updates, loss: tetLoss(), learningRate: 0.01 }
  let key = 0
  const update = async () => (await trainingStep(observed, images, { ...options, key: key++ })).loss
  return {
    update,
    /** Updates to warm up, then the timed ones; spikes are counted within them, which costs them 1 % at most. */
    async timed() {
      const losses = []
      for (let i = 0; i < warmUpdates; i++) losses.push(await update())
      await counter.rates()
      const seconds = []
      const between = []
      const rates = []
      for (let i = 0; i < timedUpdates; i++) {
        kernelSeconds()
        const start = now()
        losses.push(await update())
        seconds.push(now() - start)
        between.push(seconds[i] - kernelSeconds())
        rates.push(await counter.rates())
      }
      return {
        losses,
        seconds: median(seconds),
        betweenKernelsSeconds: median(between),
        rates: meanRates(rates),
        backendPeakMb: backend.peakBytes() / 2 ** 20,
      }
    },
  }
}

function inferrer(network, { images, labels }, { backend, T }) {
  const counter = firingCounter(backend)
  const pass = async (observe) => {
    backend.beginStep()
    try {
      const x = tensorOf(backend, [1, labels.length, ...input], images)
      const run = { backend, tape: null, training: false, T, key: 0, ...(observe ? { observe } : {}) }
      await backend.read(network.forward(x, run).handle)
    } finally {
      backend.endStep()
    }
  }
  return {
    run: () => pass(null),
    async rates() {
      await pass(counter.observe)
      return counter.rates()
    },
  }
}

/** Most memory that this process has held so far, in MiB. */
function processPeakMb() {
  try {
    const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
    if (kilobytes !== undefined) return Number(kilobytes) / 1024
  } catch {
    // No such file: this is not Linux.
  }
  return process.resourceUsage().maxRSS / 1024
}
