import { FormatError, Json, parseJson, suggestion, systemFault, UsageError } from '../base/index.ts'
import { type Checkpoint, loadCheckpoint } from '../train/index.ts'

/** What is known of a trained network that comes with Spikelet. */
export interface ZooCard {
  readonly name: string
  /** One line: model, neuron, steps, parameters. */
  readonly summary: string
  /** Of its file, in hexadecimal. */
  readonly sha256: string
  readonly bytes: number
  readonly data: string
  readonly licence: string
  /** How it was trained, and in which time on which machine. */
  readonly command: string
  readonly seed: number
  readonly minutes: number
  readonly machine: string
  /** Of test samples right, and by which rule the epoch was chosen. */
  readonly correct: number
  readonly samples: number
  readonly rule: string
  /** How it is judged again. */
  readonly evaluate: string
  /** Spikes per neuron and step, by layer. */
  readonly rates: { readonly [layer: string]: number }
  /** Microjoules of an inference in 45 nm, as `spikelet energy` counts them: operations alone, and with memory. */
  readonly energy: { readonly operations: number; readonly withMemory: number }
  readonly limits: string
}

/** Names of networks that come with Spikelet, each a card and a file in data/zoo. */
export const zooNames = ['fashion-mnist-tiny', 'fashion-mnist-tiny-lif', 'cifar10-snn5', 'n-mnist-snn3'] as const

/** How a network of the zoo is written where a checkpoint is taken. */
export const zooPrefix = 'zoo:'

const folder = new URL('../../data/zoo/', import.meta.url)

/** A file of the package, in Node and in pages. */
async function fileBytes(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(file, folder)
  if (url.protocol !== 'file:') {
    const response = await fetch(url)
    if (response.ok) return new Uint8Array(await response.arrayBuffer())
    throw new UsageError({
      what: 'a network of the zoo cannot be fetched',
      place: url.href,
      got: `${response.status} ${response.statusText}`,
      next: 'Serve the folder data of the package beside its dist.',
    })
  }
  const { readFile } = process.getBuiltinModule('node:fs/promises')
  const bytes = await readFile(url).catch((error) => {
    throw systemFault(error, {
      what: 'a network of the zoo cannot be read',
      path: url.pathname,
      next: 'The larger ones lie in the repository, not in the package: put the file there, or train it as its card says.',
    })
  })
  return new Uint8Array(bytes)
}

function checkName(name: string): void {
  if ((zooNames as readonly string[]).includes(name)) return
  throw new UsageError({
    what: `the zoo has no network "${name}"`,
    next: suggestion(name, [...zooNames], { list: true }),
  })
}

/** The card of a network. @throws UsageError for an unknown name */
export async function zooCard(name: string): Promise<ZooCard> {
  checkName(name)
  const place = `card of ${name}`
  const json = Json.whole(parseJson(new TextDecoder().decode(await fileBytes(`${name}.json`)), place), place)
  const text = (field: string) => json.at(field).text()
  const number = (field: string) => json.at(field).number()
  return {
    name,
    summary: text('summary'),
    sha256: text('sha256'),
    bytes: number('bytes'),
    data: text('data'),
    licence: text('licence'),
    command: text('command'),
    seed: number('seed'),
    minutes: number('minutes'),
    machine: text('machine'),
    correct: number('correct'),
    samples: number('samples'),
    rule: text('rule'),
    evaluate: text('evaluate'),
    rates: Object.fromEntries(
      json
        .at('rates')
        .entries()
        .map(([layer, rate]) => [layer, rate.number()]),
    ),
    energy: {
      operations: json.at('energy').at('operations').number(),
      withMemory: json.at('energy').at('withMemory').number(),
    },
    limits: text('limits'),
  }
}

/** The checkpoint of a network, whose hash is that of its card. @throws FormatError where it is another */
export async function zooBytes(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const { sha256 } = await zooCard(name)
  const bytes = await fileBytes(`${name}.safetensors`)
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
  if (found === sha256) return bytes
  throw new FormatError({
    what: 'a network of the zoo is not the one of its card',
    place: `data/zoo/${name}.safetensors`,
    expected: `SHA-256 ${sha256}`,
    got: found,
    next: 'Install Spikelet again.',
  })
}

/**
 * A trained network that comes with Spikelet, as `loadNetwork` gives one: `predict` takes it. Nothing is downloaded.
 * @param name one of `zooNames`, as `spikelet zoo` lists them
 * @throws UsageError for an unknown name; FormatError where the file is not that of the card
 */
export async function loadZoo(name: string): Promise<Checkpoint> {
  return loadCheckpoint(await zooBytes(name), { file: `${zooPrefix}${name}` })
}
