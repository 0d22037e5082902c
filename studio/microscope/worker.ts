import { arrivals, neuronInput } from 'spikelet/analysis'
import {
  type Backend,
  type Dataset,
  embeddedFashionMnist,
  energy,
  loadNetwork,
  type Network,
  networkFromNir,
  pageBackend,
  readEventFile,
  readNir,
  readPytorch,
  recordLayers,
  tensorOf,
} from 'spikelet/browser'
import { integrate } from 'spikelet/data'
import { readNpy } from 'spikelet/formats'
import { compareReadings, differenceText, likelyStep, readingText, readSafetensors, sampleOf } from 'spikelet/interop'
import { unpackedFolder } from '../train/folders.ts'
import type { FromMicroscope, LayerRun, MicroscopeInput, ToMicroscope } from './messages.ts'

/** The worker that opens files and runs networks. */

interface Opened {
  readonly network: Network
  /** What pixels in 0..1 go through before the network. */
  readonly normalised: Normalised | null
  readonly nir: { readonly graph: Awaited<ReturnType<typeof readNir>>; readonly dt: number } | null
}

interface Normalised {
  readonly mean: readonly number[]
  readonly deviation: readonly number[]
}

let opened: Opened | null = null
let backend: Backend | null = null
/** The newest run's input, [T, ...frame]. */
let frames: {
  readonly values: Float32Array
  readonly T: number
  readonly sample: number
  readonly last: number
  /** Of layers of neurons, in the order in which they ran. */
  readonly paths: readonly string[]
} | null = null
let recordings: Awaited<ReturnType<typeof recordLayers>>['recordings'] | null = null

const tell = (message: FromMicroscope): void => postMessage(message)

addEventListener('message', ({ data }: MessageEvent<ToMicroscope>) => {
  hear(data).catch((error: unknown) => {
    tell({ kind: 'failed', message: error instanceof Error ? error.message : String(error) })
  })
})

async function hear(message: ToMicroscope): Promise<void> {
  switch (message.kind) {
    case 'open':
      return open(message.name, message.bytes, message.dt)
    case 'run':
      return run(message.input, message.T)
    case 'neuron':
      potential(message.layer, message.place)
      return reached(message.layer, message.place)
    case 'readings':
      return readings(message.expected)
  }
}

/** @param step of a NIR graph; null: whatever its time constants allow */
async function open(name: string, bytes: Uint8Array, step: number | null): Promise<void> {
  if (bytes[0] === 0x89 && bytes[1] === 0x48) {
    const graph = await readNir(bytes, name)
    const dt = step ?? likelyStep(graph)
    const { network, labels } = networkFromNir(graph, { dt, file: name })
    const told = labels.flatMap(({ node, why }) => (why === '' ? [] : [`${node}: ${why}`]))
    const chosen = `The step ${dt} was chosen by its time constants: put in what its authors used.`
    const notes = step === null && dt !== 1 ? [chosen, ...told] : told
    show(name, `a NIR graph, steps of ${dt}`, network, {}, notes, { graph, dt })
    return
  }
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    const { tensors, entry, others } = await readPytorch(bytes, name)
    const notes = [
      entry === '' ? '' : `taken from its entry ${entry}`,
      others.length === 0 ? '' : `beside: ${others.join(', ')}`,
    ]
    listTensors(name, 'a PyTorch state dict', tensors, notes.filter(Boolean))
    return
  }
  const file = readSafetensors(bytes, name)
  if (!Object.values(file.metadata).some((text) => text.includes('spikelet checkpoint'))) {
    listTensors(name, 'safetensors', file.tensors, [])
    return
  }
  const { net, training } = await loadNetwork(bytes)
  show(name, 'a checkpoint of Spikelet', net, training, [])
}

function listTensors(
  name: string,
  what: string,
  tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>,
  notes: readonly string[],
): void {
  const rows = [...tensors].map(([path, { shape }]) => [path, `[${shape.join(', ')}]`] as const)
  const next =
    'Tensors alone say nothing of the network: npx spikelet import FILE --model NAME --out NET.safetensors makes one.'
  tell({ kind: 'tensors', name, what, tensors: rows, notes: [...notes, next] })
}

function show(
  name: string,
  what: string,
  network: Network,
  training: object,
  notes: readonly string[],
  nir: Opened['nir'] = null,
): void {
  opened?.network.unplace()
  opened = { network, nir, normalised: normalisedOf(training) }
  frames = null
  recordings = null
  const { T = 20, classes = [] } = training as { readonly T?: number; readonly classes?: readonly string[] }
  const rows = network.rows.map(({ path, type, output, parameters }) => ({
    ...{ path, type, output: output.shape.join(' x ') },
    parameters: typeof parameters === 'number' ? parameters : 0,
  }))
  tell({ kind: 'opened', name, what, input: network.input, T, classes, rows, notes, dt: nir?.dt ?? null })
}

async function run(input: MicroscopeInput, T: number): Promise<void> {
  if (!opened) return
  const { network } = opened
  backend ??= await pageBackend({ threads: 1, relaxedSimd: false })
  if (!network.backend) await network.place(backend)
  const { values, shown = values, text } = await framesOf(input, T, network.input)
  const x = tensorOf(backend, [T, 1, ...network.input], values)
  const reads: Promise<LayerRun>[] = []
  const logits = network.forward(x, {
    ...{ backend, tape: null, training: false, T, key: 0 },
    observe: (path, { handle, shape }) => {
      const read = (backend as Backend).read(handle)
      reads.push(
        read.then((all) => {
          const output = Float32Array.from(all)
          const rate = output.reduce((sum, value) => sum + (value === 0 ? 0 : 1), 0) / output.length
          return { path, shape: shape.slice(2), output, rate }
        }),
      )
    },
  })
  const out = await backend.read(logits.handle)
  const layers = await Promise.all(reads)
  const outputs = Array.from({ length: out.length / T }, (_, k) => {
    let sum = 0
    for (let t = 0; t < T; t++) sum += out[t * (out.length / T) + k]
    return sum / T
  })
  const sample = input.kind === 'file' ? input.sample : 0
  const seen = { path: 'input', shape: network.input, output: shown, rate: 0 }
  const last = (layers.at(-1)?.output.length ?? 0) / T
  frames = { values, T, sample, last, paths: layers.map(({ path }) => path) }
  recordings = await potentialsOf(network, x, T)
  for (const { handle } of [x, logits]) backend.release(handle)
  tell({ kind: 'ran', T, input: seen, inputText: text, layers, outputs, cost: costOf(network, layers, T) })
}

/** What the spikes cost; null where it cannot be counted. */
function costOf(network: Network, layers: readonly LayerRun[], T: number) {
  try {
    const rates = Object.fromEntries(layers.map(({ path, rate }) => [path, rate]))
    const { accumulates, multiplyAccumulates, energy: picojoules } = energy(network, { T, rates }).synaptic.inference
    return { accumulates, multiplyAccumulates, picojoules }
  } catch {
    return null
  }
}

/** Most neurons of a layer whose potentials are kept. */
const mostRecorded = 20_000

async function potentialsOf(network: Network, x: ReturnType<typeof tensorOf>, T: number) {
  try {
    return (await recordLayers(network, x, { T, sample: mostRecorded })).recordings
  } catch {
    return null // a recurrent network runs step by step
  }
}

function potential(layer: number, place: number): void {
  const found = recordings?.[layer]
  if (!found?.membrane || !frames) return
  const { T } = frames
  const pick = (values: Float64Array) => Float64Array.from({ length: T }, (_, t) => values[t * found.M + place])
  if (place >= found.M) return
  tell({
    ...{ kind: 'potential', layer, place, name: found.membrane.name },
    ...{ x: pick(found.x), potential: pick(found.membrane.potential) },
    ...{ threshold: pick(found.membrane.threshold), s: pick(found.s) },
  })
}

/** What reached a neuron in the newest run. */
async function reached(number: number, place: number): Promise<void> {
  const backend = opened?.network.backend
  if (!opened || !frames || !backend) return
  const { network } = opened
  const { values, T, paths } = frames
  const x = tensorOf(backend, [T, 1, ...network.input], values)
  try {
    tell({ kind: 'arrivals', number, arrivals: await arrivals(network, x, { T, layer: paths[number], place }) })
  } finally {
    backend.release(x.handle)
  }
}

async function readings(expected: Uint8Array | null): Promise<void> {
  if (!opened?.nir || !frames) return
  const { graph, dt } = opened.nir
  const { values, T, sample, last } = frames
  const spikes = expected && numbersOf(expected, 'spikes', [last], sample).values
  const runs = await compareReadings(graph, { x: values, T, dt, ...(spikes ? { expected: spikes } : {}) })
  tell({
    kind: 'readings',
    compared: spikes !== null,
    rows: runs.map(({ reading, spikes: count, differs }) => {
      return { text: readingText(reading), spikes: count, differs: differenceText(differs) }
    }),
  })
}

/** Of an array of numbers one sample. */
function numbersOf(bytes: Uint8Array, file: string, frame: readonly number[], sample: number) {
  return sampleOf(readNpy(bytes, file), { frame, sample, file })
}

/** The normalisation that a checkpoint's training names. */
function normalisedOf(training: object): Normalised | null {
  const { transforms } = training as {
    readonly transforms?: { readonly evaluation?: readonly { readonly name: string; readonly options: object }[] }
  }
  const found = transforms?.evaluation?.find(({ name }) => name === 'normalise')
  return found ? (found.options as Normalised) : null
}

/** An image at every step: as the network takes it, and as people see it. */
function imageFrames(pixels: Uint8Array, channels: number, T: number) {
  const shares = Float32Array.from(pixels, (value) => value / 255)
  return { values: repeated(normalisedPixels(pixels, channels), T), shown: repeated(shares, T) }
}

/** Pixels, 0 to 255, as the network takes them. */
function normalisedPixels(pixels: ArrayLike<number>, channels: number): Float32Array {
  const known = opened?.normalised
  return Float32Array.from(pixels, (value, i) => {
    const share = value / 255
    return known ? (share - known.mean[i % channels]) / known.deviation[i % channels] : share
  })
}

let testImages: Promise<Dataset> | null = null

/** A test image, and what it shows. */
async function fashionImage(address: string, sample: number): Promise<{ pixels: Uint8Array; text: string }> {
  testImages ??= embeddedFashionMnist(unpackedFolder(address)).then(({ test }) => test)
  const images = await testImages
  const index = Math.min(sample, images.length - 1)
  const pixels = new Uint8Array(images.shape.reduce((a, b) => a * b, 1))
  images.image(index, pixels)
  return { pixels, text: `test image ${index} of Fashion-MNIST: ${images.classes[images.label(index)]}` }
}

async function framesOf(
  input: MicroscopeInput,
  T: number,
  shape: readonly number[],
): Promise<{ values: Float32Array; shown?: Float32Array; text: string }> {
  const channels = shape[2] ?? 1
  if (input.kind === 'pixels') {
    const size = shape.reduce((a, b) => a * b, 1)
    const pixels = Uint8Array.from({ length: size }, (_, i) => input.pixels[Math.floor(i / channels)])
    return { ...imageFrames(pixels, channels, T), text: '' }
  }
  if (input.kind !== 'fashion-mnist') return { values: await valuesOf(input, T, shape), text: '' }
  const { pixels, text } = await fashionImage(input.address, input.sample)
  return { ...imageFrames(pixels, channels, T), text }
}

async function valuesOf(
  input: Extract<MicroscopeInput, { kind: 'poisson' | 'file' }>,
  T: number,
  shape: readonly number[],
): Promise<Float32Array> {
  const size = shape.reduce((a, b) => a * b, 1)
  if (input.kind === 'poisson') {
    return Float32Array.from(neuronInput(`poisson:${input.rate}`, { T, M: size, seed: input.seed }).x)
  }
  if (/\.npy$/i.test(input.name)) {
    const { values, T: steps } = numbersOf(input.bytes, input.name, shape, input.sample)
    if (steps === 1) return repeated(Float32Array.from(values), T)
    const fitting = new Float32Array(T * size)
    fitting.set(values.subarray(0, Math.min(T, steps) * size))
    return fitting
  }
  const events = await readEventFile(input.bytes, input.name)
  const [height, width] = shape
  return Float32Array.from(integrate(events, { T, size: { width, height } }).values)
}

function repeated(frame: Float32Array, T: number): Float32Array {
  const values = new Float32Array(T * frame.length)
  for (let t = 0; t < T; t++) values.set(frame, t * frame.length)
  return values
}
