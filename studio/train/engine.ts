import {
  type Backend,
  Conv2d,
  type Dataset,
  type Datasets,
  defineNeuron,
  embeddedFashionMnist,
  Flatten,
  imageFolder,
  Linear,
  loadNetwork,
  Network as Net,
  type Network,
  type Neuron,
  networkBytes,
  normalisationOf,
  normalise,
  pageBackend,
  Sequential,
  Spiking,
  sgd,
  tensorOf,
  train,
} from 'spikelet/browser'
import { eventFolder, frameDatasets, SensorSizeError } from 'spikelet/data'
import { filesFolder, unpackedFolder } from './folders.ts'
import { type FromEngine, hashAfter, type LayerSpikes, type ToEngine, type TrainSettings } from './messages.ts'

/** The worker that trains one network: the page stays free to draw. */

type Start = Extract<ToEngine, { kind: 'start' }>

let paused = false
let wake: () => void = () => {}
let question: Uint8Array | null = null
let wantsFile = false
/** What a question, and a wish for the file, are answered with. */
let current: Current | null = null

interface Current {
  readonly network: Network
  readonly backend: Backend
  readonly images: Dataset
  readonly T: number
  /** What pixels in 0..1 go through. */
  readonly normalised: { readonly mean: readonly number[]; readonly deviation: readonly number[] } | null
}

const tell = (message: FromEngine, moved: Transferable[] = []): void => postMessage(message, { transfer: moved })

addEventListener('message', ({ data }: MessageEvent<ToEngine>) => {
  if (data.kind === 'start') {
    run(data).catch((error: unknown) =>
      tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
    return
  }
  if (data.kind === 'ask') question = data.pixels
  if (data.kind === 'save') wantsFile = true
  if (data.kind === 'pause' || data.kind === 'resume') {
    paused = data.kind === 'pause'
    tell({ kind: 'paused', paused })
  }
  wake()
})

async function run({ definition, options, settings, data, threads, from }: Start): Promise<void> {
  const neuron = (defineNeuron(definition) as (given: typeof options) => Neuron)(options)
  const [backend, datasets] = await Promise.all([
    pageBackend({ backend: settings.backend, threads, relaxedSimd: false }),
    typeof data === 'string' ? embeddedFashionMnist(unpackedFolder(data)) : ownData(data, settings.T),
  ])
  const network = from ? (await loadNetwork(from)).net : networkOf(settings, datasets.train, neuron)
  const known = datasets.name === 'fashion-mnist'
  const normalised = known ? normalisationOf('fashion-mnist') : null
  current = { network, backend, images: datasets.train, T: settings.T, normalised }
  tell({
    kind: 'ready',
    device: deviceText(backend),
    classes: datasets.train.classes,
    shape: datasets.train.shape,
    samples: datasets.test.steps === undefined ? samplesOf(datasets.test, 12) : [],
    parameters: network.parameters().reduce((sum, { values }) => sum + values.length, 0),
    notes: datasets.notes,
  })
  const result = await train(network, limited(datasets, settings.images), {
    backend,
    T: settings.T,
    epochs: settings.epochs,
    batch: settings.batch,
    seed: settings.seed,
    optimiser: sgd({ learningRate: settings.learningRate, weightDecay: 5e-4 }),
    hooks: [
      {
        async onUpdate({ update, updatesPerEpoch, epochs, loss, accuracy, imagesPerSecond }) {
          tell({ kind: 'update', update, updates: updatesPerEpoch * epochs, loss, accuracy, imagesPerSecond })
          if (update === hashAfter) tell({ kind: 'hash', update, hash: await hashOf(network, backend) })
          await attend()
        },
        onEpoch({ epoch, update, validationAccuracy = Number.NaN, firingRates }) {
          tell({ kind: 'epoch', epoch, update, accuracy: validationAccuracy, rates: firingRates })
        },
      },
    ],
  })
  tell({ kind: 'done', accuracy: result.test?.accuracy ?? Number.NaN })
  for (;;) {
    await attend()
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}

/** Somebody's own images, or recordings as T frames each: whatever most of the files are. */
async function ownData(files: Exclude<Start['data'], string>, T: number): Promise<Datasets> {
  const folder = filesFolder(files)
  const images = files.filter(({ path }) => /\.(png|jpe?g)$/i.test(path)).length
  if (images * 2 >= files.length) return imageFolder(folder)
  const sets = await eventFolder(folder).catch((error: unknown) => {
    if (error instanceof SensorSizeError) return eventFolder(folder, { sensor: 'measured' })
    throw error
  })
  return frameDatasets(sets, { T })
}

/** Answers what was asked, and waits as long as training is paused. */
async function attend(): Promise<void> {
  // Messages come in between tasks alone.
  await new Promise((resolve) => setTimeout(resolve))
  for (;;) {
    if (question) await answer()
    if (wantsFile) await giveFile()
    if (!paused) return
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}

function networkOf({ network, T, seed }: TrainSettings, images: Dataset, neuron: Neuron): Network {
  const spiking = () => new Spiking({ neuron, normalisation: 'perStep', T })
  const layers =
    network === 'dense'
      ? [
          new Flatten(),
          new Linear({ features: 256, bias: false }),
          spiking(),
          new Linear({ features: 128, bias: false }),
          spiking(),
        ]
      : [16, 32, 32].flatMap((channels) => [
          new Conv2d({ channels, kernelSize: 3, stride: 2, padding: 1, bias: false }),
          spiking(),
        ])
  const readout = new Linear({ features: images.classes.length })
  return new Net({ name: 'studio', input: images.shape, layer: new Sequential([...layers, readout]), seed })
}

/** The first images of training, as many of them as wanted. */
function limited(datasets: Datasets, images: number): Datasets {
  const { train: all } = datasets
  if (images >= all.length) return datasets
  // What is not named here, such as shared memory of all images, would speak of more samples than there are.
  const { name, shape, classes } = all
  const part: Dataset = {
    name: `${name}, ${images} images`,
    shape,
    classes,
    length: images,
    label: (i) => all.label(i),
    image: (i, into) => all.image(i, into),
    ...(all.steps === undefined ? {} : { steps: all.steps }),
  }
  return { ...datasets, train: part }
}

/** The weights' bits, as text to compare. */
async function hashOf(network: Network, backend: Backend): Promise<string> {
  const all: Float32Array[] = []
  for (const parameter of network.parameters()) {
    all.push(Float32Array.from(await backend.read(parameter.on(backend).handle)))
  }
  const bytes = new Uint8Array(await new Blob(all as BlobPart[]).arrayBuffer())
  const hash = await crypto.subtle.digest('SHA-256', bytes)
  return Array.from(new Uint8Array(hash).subarray(0, 8), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

async function giveFile(): Promise<void> {
  wantsFile = false
  if (!current) return
  const { network, images, T, normalised } = current
  const transforms = normalised ? [normalise(normalised.mean, normalised.deviation)] : []
  const bytes = new Uint8Array(await networkBytes(network, { T, classes: images.classes, transforms }))
  tell({ kind: 'saved', bytes }, [bytes.buffer])
}

/** What the network says of the newest question, and which of its neurons fire. */
async function answer(): Promise<void> {
  const pixels = question
  question = null
  if (!current || !pixels) return
  const { network, backend, images, T, normalised } = current
  const channels = images.shape[2]
  const values = Float32Array.from(pixels, (value, i) => {
    const share = value / 255
    if (!normalised) return share
    return (share - normalised.mean[i % channels]) / normalised.deviation[i % channels]
  })
  const x = tensorOf(backend, [1, 1, ...images.shape], values)
  const reads: Promise<LayerSpikes>[] = []
  const logits = network.forward(x, {
    ...{ backend, tape: null, training: false, T, key: 0 },
    observe: (name, { handle, shape }) => {
      const read = backend.read(handle)
      reads.push(
        read.then((all) => ({
          name,
          shape: shape.slice(2),
          spikes: Uint8Array.from(all, (value) => (value === 0 ? 0 : 1)),
        })),
      )
    },
  })
  const outputs = await backend.read(logits.handle)
  const layers = await Promise.all(reads)
  for (const { handle } of [x, logits]) backend.release(handle)
  tell({ kind: 'answer', shares: softmax(meanOverTime(outputs, T)), layers })
}

function meanOverTime(outputs: ArrayLike<number>, T: number): Float64Array {
  const means = new Float64Array(outputs.length / T)
  for (let i = 0; i < outputs.length; i++) means[i % means.length] += outputs[i] / T
  return means
}

function softmax(scores: Float64Array): number[] {
  const highest = Math.max(...scores)
  const powers = Array.from(scores, (score) => Math.exp(score - highest))
  const sum = powers.reduce((a, b) => a + b, 0)
  return powers.map((power) => power / sum)
}

/** The first images that show every class, then more. */
function samplesOf(images: Dataset, count: number): { pixels: Uint8Array; label: number }[] {
  const size = images.shape.reduce((a, b) => a * b, 1)
  const order = Array.from({ length: Math.min(200, images.length) }, (_, i) => i)
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
