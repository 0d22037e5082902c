import {
  type Backend,
  Conv2d,
  clif,
  type Dataset,
  embeddedFashionMnist,
  Linear,
  Network,
  normalisationOf,
  pageBackend,
  predict,
  Sequential,
  Spiking,
  sgd,
  train,
} from 'spikelet/browser'
import type { DataFolder } from 'spikelet/data'
import type { FromWorker, Start, ToWorker } from './messages.ts'

/** The worker that trains: the page stays free to draw. */

const T = 4
const epochs = 8

/** Channels of the convolutions, each 3x3 with stride 2. */
const channels = [16, 32, 32]

let paused = false
let wake: () => void = () => {}
const questions: Uint8Array[] = []
let answering: (() => Promise<void>) | null = null

const tell = (message: FromWorker): void => postMessage(message)

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'start') run(data).catch((error: unknown) => tell({ kind: 'failed', message: text(error) }))
  else if (data.kind === 'ask') {
    questions.splice(0, questions.length, data.pixels)
    wake()
  } else {
    paused = data.kind === 'pause'
    tell({ kind: 'paused', paused })
    wake()
  }
})

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function run({ backend: choice, data, pauseAfter }: Start): Promise<void> {
  const [backend, datasets] = await Promise.all([
    pageBackend({ backend: choice }),
    embeddedFashionMnist(unpacked(data)),
  ])
  const network = clothesNetwork(datasets.train)
  tell({
    kind: 'ready',
    device: deviceText(backend),
    classes: datasets.train.classes,
    samples: samplesOf(datasets.test, 10),
  })
  answering = () => answer(network)
  const result = await train(network, datasets, {
    backend,
    T,
    epochs,
    batch: 32,
    seed: 1,
    optimiser: sgd({ learningRate: 0.1, weightDecay: 5e-4 }),
    hooks: [
      {
        async onUpdate({ update, loss }) {
          tell({ kind: 'update', update, loss })
          if (update === pauseAfter) {
            paused = true
            tell({ kind: 'paused', paused })
          }
          await attend()
        },
      },
    ],
  })
  tell({ kind: 'done', accuracy: result.test?.accuracy ?? 0 })
  for (;;) {
    paused = true
    await attend()
  }
}

/** Answers what was asked, and waits as long as training is paused. */
async function attend(): Promise<void> {
  do {
    if (questions.length > 0) await answering?.()
    if (paused && questions.length === 0) await new Promise<void>((resolve) => (wake = resolve))
  } while (paused || questions.length > 0)
}

/** Files below an address, unpacked by the browser, which does it ten times as fast as a script. */
function unpacked(address: string): DataFolder {
  return {
    place: address,
    async read(name) {
      const response = await fetch(new URL(name, address))
      if (!response.ok || !response.body) return undefined
      const stream = name.endsWith('.gz') ? response.body.pipeThrough(new DecompressionStream('gzip')) : response.body
      return new Uint8Array(await new Response(stream).arrayBuffer())
    },
  }
}

function clothesNetwork(images: Dataset): Network {
  const layers = channels.flatMap((count) => [
    new Conv2d({ channels: count, kernelSize: 3, stride: 2, padding: 1, bias: false }),
    new Spiking({ neuron: clif(), normalisation: 'perStep', T }),
  ])
  const readout = new Linear({ features: images.classes.length })
  return new Network({ name: 'clothes', input: images.shape, layer: new Sequential([...layers, readout]), seed: 1 })
}

/** What the network says of the newest question. */
async function answer(network: Network): Promise<void> {
  const pixels = questions.pop() as Uint8Array
  const { mean, deviation } = normalisationOf('fashion-mnist') as NonNullable<ReturnType<typeof normalisationOf>>
  const values = Float32Array.from(pixels, (value) => (value / 255 - mean[0]) / deviation[0])
  const { shares } = await predict(network, values, { T })
  tell({ kind: 'answer', shares: Array.from(shares) })
}

/** The first images that show every class, then more. */
function samplesOf(images: Dataset, count: number): { pixels: Uint8Array; label: number }[] {
  const size = images.shape.reduce((a, b) => a * b, 1)
  const order = Array.from({ length: 200 }, (_, i) => i)
  const firsts = order.filter((i) => order.findIndex((j) => images.label(j) === images.label(i)) === i)
  const rest = order.filter((i) => !firsts.includes(i))
  return [...firsts, ...rest].slice(0, count).map((i) => {
    const pixels = new Uint8Array(size)
    images.image(i, pixels)
    return { pixels, label: images.label(i) }
  })
}

function deviceText({ info }: Backend): string {
  if (info.name === 'webgpu') return `WebGPU, ${info.features[0]}`
  return `WebAssembly, ${info.threads} thread${info.threads > 1 ? 's' : ''}`
}
