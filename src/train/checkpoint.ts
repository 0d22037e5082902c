import type { Numbers } from '../backends/index.ts'
import { FormatError, parseJson, type Shape, SpikeletError, sameShape, shapeText, UsageError } from '../base/index.ts'
import { readSafetensors, type SafetensorsFile, type SafetensorsTensor, writeSafetensors } from '../interop/index.ts'
import { modelFromConfig } from '../models/index.ts'
import type { Network, NetworkConfig, Parameter } from '../nn/index.ts'
import { type KernelRecord, kernelRecord } from './kernel-record.ts'
import type { Progress } from './progress.ts'
import type { RunLine } from './run-store.ts'
import type { OptimiserState } from './updates.ts'

/** A network as training left it, and what its run needs to go on. */
export interface Checkpoint {
  readonly net: Network
  readonly progress: Progress
  /** How it was trained: data set, options, backend. */
  readonly training: RunLine
  /** What the optimiser remembers, by name. */
  readonly optimiser: OptimiserState
}

const format = 'spikelet checkpoint 1'
const optimiserPrefix = 'optimiser.'

/**
 * A checkpoint as a safetensors file: parameters and running statistics by their PyTorch names and in PyTorch's
 * layout, what the optimiser remembers (in the network's own layout) under `optimiser.`, and in the metadata all from
 * which network and run are built again. Numbers keep their bits: float32 on float32 backends, else float64.
 * Reads the parameters back from the network's backend first.
 */
export async function checkpointBytes(
  network: Network,
  parts: {
    readonly progress: Progress
    readonly training: RunLine
    readonly optimiser?: OptimiserState
    readonly kernels?: KernelRecord
  },
): Promise<Uint8Array> {
  await network.pull()
  const tensors: [string, SafetensorsTensor][] = everything(network).map((p) => [
    p.path,
    tensorOf(p.outsideShape, p.toOutside()),
  ])
  for (const [name, { shape, values }] of parts.optimiser ?? []) {
    tensors.push([optimiserPrefix + name, tensorOf(shape, values)])
  }
  return writeSafetensors(tensors, {
    format,
    ...configOf(network),
    training: JSON.stringify(parts.training),
    progress: JSON.stringify(parts.progress),
    ...(parts.kernels ? { kernels: JSON.stringify(parts.kernels) } : {}),
  })
}

/**
 * Builds the network of a checkpoint again, with its parameters; needs nothing but the bytes.
 * @param options `file`: the name that errors show; `network`: filled instead of a new one, needed where the model is a
 * function, which no file can hold
 * @throws FormatError if the bytes are not a whole checkpoint, or do not fit the network
 */
export function loadCheckpoint(
  bytes: Uint8Array,
  options: { readonly file?: string; readonly network?: Network } = {},
): Checkpoint {
  const { file = 'checkpoint' } = options
  const contents = readSafetensors(bytes, file)
  const { metadata } = contents
  if (metadata.format !== format) {
    throw new FormatError({
      what: 'not a checkpoint of a training run',
      place: file,
      expected: `the metadata "format": "${format}"`,
      got: metadata.format === undefined ? 'none' : `"${metadata.format}"`,
    })
  }
  const net = options.network ?? rebuilt(parsed<NetworkConfig>(contents, 'network', file), `${file}, network`)
  fillNetwork(net, contents, file)
  return {
    net,
    progress: parsed(contents, 'progress', file),
    training: parsed(contents, 'training', file),
    optimiser: optimiserOf(contents),
  }
}

/** A network of a configuration; its errors name the file too. */
function rebuilt(config: NetworkConfig, where: string): Network {
  try {
    return modelFromConfig(config, where)
  } catch (error) {
    if (!(error instanceof SpikeletError)) {
      throw new FormatError({
        what: 'the network of this checkpoint cannot be built',
        place: where,
        got: (error as Error).message,
        next: 'The file is damaged, or written by something else.',
        cause: error,
      })
    }
    if (error.message.includes(where)) throw error
    const Kind = error.constructor as typeof SpikeletError
    const { place } = error.parts
    throw new Kind({ ...error.parts, place: place ? `${where}\n${place}` : where, cause: error })
  }
}

/** Where the run of a checkpoint was, without building or filling anything. @throws FormatError if it does not say */
export function checkpointProgress(bytes: Uint8Array, file = 'checkpoint'): Progress {
  return parsed(readSafetensors(bytes, file), 'progress', file)
}

/** Which kernels a checkpoint was trained with; undefined where it does not say. @throws FormatError if it is damaged */
export function checkpointKernels(bytes: Uint8Array, file = 'checkpoint'): KernelRecord | undefined {
  const { kernels } = readSafetensors(bytes, file).metadata
  return kernels === undefined ? undefined : kernelRecord(kernels, file)
}

/** Sets a network's parameters and running statistics from a file. @throws FormatError if one is missing or misfits */
export function fillNetwork(network: Network, { tensors }: SafetensorsFile, file: string): void {
  const all = everything(network)
  for (const parameter of all) {
    const tensor = tensors.get(parameter.path)
    const place = `${file}, tensor "${parameter.path}"`
    if (!tensor || !(tensor.dtype === 'F32' || tensor.dtype === 'F64')) {
      throw new FormatError({
        what: `the checkpoint has no numbers for this parameter of ${network.name}`,
        place,
        expected: `F32 or F64 ${shapeText(parameter.outsideShape)}`,
        got: tensor?.dtype ?? 'none',
        next: 'Load it into the network that it was saved from.',
      })
    }
    if (!sameShape(tensor.shape, parameter.outsideShape)) {
      throw new FormatError({
        what: `a parameter of ${network.name} has another shape in the checkpoint`,
        place,
        expected: shapeText(parameter.outsideShape),
        got: shapeText(tensor.shape),
      })
    }
  }
  for (const parameter of all) parameter.fromOutside(tensors.get(parameter.path)!.values as Numbers)
}

/** What of a network came out of a file, and what did not: parameters and running statistics, by path. */
export interface Filled {
  readonly taken: readonly string[]
  /** Those that keep their start, with the shapes here and there; null: the file does not have it. */
  readonly anew: readonly { readonly path: string; readonly here: Shape; readonly there: Shape | null }[]
}

/**
 * Sets what a checkpoint has of a network by name and shape, and leaves the rest as it is: for training that goes on from
 * another network, with another number of classes perhaps.
 * @throws FormatError if the bytes are no checkpoint, or no weight fits
 */
export function fillWhatFits(network: Network, bytes: Uint8Array, file: string): Filled {
  const { tensors, metadata } = readSafetensors(bytes, file)
  const all = everything(network)
  const there = ({ path }: Parameter) => tensors.get(path)
  const fits = (parameter: Parameter) => {
    const tensor = there(parameter)
    const numbers = tensor?.dtype === 'F32' || tensor?.dtype === 'F64'
    return numbers && sameShape(tensor.shape, parameter.outsideShape)
  }
  const fitting = all.filter(fits)
  if (metadata.format !== format || !fitting.some(({ shape }) => shape.length > 1)) {
    throw new FormatError({
      what:
        metadata.format === format
          ? `no weight of this checkpoint fits ${network.name}`
          : 'not a checkpoint of training',
      place: file,
      expected: all
        .slice(0, 3)
        .map((one) => `"${one.path}" ${shapeText(one.outsideShape)}`)
        .join(', '),
      got: [...tensors]
        .slice(0, 3)
        .map(([path, { shape }]) => `"${path}" ${shapeText(shape)}`)
        .join(', '),
      next: 'Give the model, neuron and data of its training; `spikelet inspect` says what a file holds.',
    })
  }
  for (const parameter of fitting) parameter.fromOutside(there(parameter)!.values as Numbers)
  const rest = all.filter((parameter) => !fits(parameter))
  return {
    taken: fitting.map(({ path }) => path),
    anew: rest.map((one) => ({ path: one.path, here: one.outsideShape, there: there(one)?.shape ?? null })),
  }
}

function everything(network: Network): Parameter[] {
  return [...network.parameters(), ...network.buffers()]
}

/** The network's configuration, where it can be written down: a model that is a function cannot. */
function configOf(network: Network): { network?: string } {
  try {
    return { network: JSON.stringify(network.config) }
  } catch (error) {
    if (error instanceof UsageError) return {}
    throw error
  }
}

function tensorOf(shape: Shape, values: Numbers): SafetensorsTensor {
  return values instanceof Float32Array ? { dtype: 'F32', shape, values } : { dtype: 'F64', shape, values }
}

function optimiserOf({ tensors }: SafetensorsFile): OptimiserState {
  const state = new Map<string, { shape: Shape; values: Numbers }>()
  for (const [name, { shape, values }] of tensors) {
    if (name.startsWith(optimiserPrefix)) {
      state.set(name.slice(optimiserPrefix.length), { shape, values: values as Numbers })
    }
  }
  return state
}

function parsed<Value>({ metadata }: SafetensorsFile, name: string, file: string): Value {
  const text = metadata[name]
  if (text !== undefined) return parseJson(text, `${file}, ${name}`) as Value
  throw new FormatError({
    what: `the checkpoint does not hold its ${name}`,
    place: file,
    ...(name === 'network' ? { next: 'The model is a function: build it, and give it as `network`.' } : {}),
  })
}
