import { FormatError, nearestName, shapeText, UsageError } from '../../base/index.ts'
import type { Network, Parameter } from '../../nn/index.ts'
import type { SafetensorsTensor } from '../safetensors.ts'

/** Spikelet's name of each parameter and running statistic of a network, and what a file calls it. */
export type ParameterNames = ReadonlyMap<string, string>

function everything(network: Network): readonly Parameter[] {
  return [...network.parameters(), ...network.buffers()]
}

/** What the code that was published with the CLIF paper calls the parts of its residual networks. */
const resnetRules: readonly (readonly [RegExp, (match: RegExpMatchArray, counts: readonly number[]) => string])[] = [
  [/^stem\.(.*)$/, (m) => `conv1.${m[1]}`],
  [/^bn\.(.*)$/, (m) => `bn1.${m[1]}`],
  [/^sn\.(.*)$/, (m) => `relu1.${m[1]}`],
  [/^fc\.(.*)$/, (m) => `linear.${m[1]}`],
  [/^blocks\.(\d+)\.sn(\d)\.(.*)$/, (m, counts) => `${stageOf(Number(m[1]), counts)}.relu${m[2]}.${m[3]}`],
  [/^blocks\.(\d+)\.(.*)$/, (m, counts) => `${stageOf(Number(m[1]), counts)}.${m[2]}`],
]

function stageOf(block: number, counts: readonly number[]): string {
  let [stage, first] = [0, 0]
  while (block >= first + counts[stage]) first += counts[stage++]
  return `layer${stage + 1}.${block - first}`
}

const resnetBlocks: { readonly [model: string]: readonly number[] } = {
  resnet18: [2, 2, 2, 2],
  resnet34: [3, 4, 6, 3],
  resnet50: [3, 4, 6, 3],
  resnet101: [3, 4, 23, 3],
  resnet152: [3, 8, 36, 3],
}

/** Where the published code has the n-th convolution, its BatchNorm and its neurons. */
interface Unit {
  readonly convolution: string
  readonly norm: string
  readonly neuron: string
}

/** Convolutions of each stage of the published VGGs, which hold convolution, BatchNorm, neurons and dropout each. */
const vggStages: { readonly [model: string]: readonly number[] } = {
  vgg11: [1, 1, 2, 2, 2],
  vgg13: [2, 2, 2, 2, 2],
  vgg16: [2, 2, 3, 3, 3],
  vgg19: [2, 2, 4, 4, 4],
}

const vggUnits = (stages: readonly number[]): Unit[] =>
  stages.flatMap((count, stage) =>
    Array.from({ length: count }, (_, i) => {
      const at = (k: number) => `layer${stage + 1}.${4 * i + k}`
      return { convolution: at(0), norm: at(1), neuron: at(2) }
    }),
  )

/** Positions of the units within `features`; the others are pools. */
const featureUnits: { readonly [model: string]: readonly number[] } = {
  snn5: [0, 1, 2, 3, 4],
  vggsnn: [0, 1, 3, 4, 6, 7, 9, 10],
}

const unitsAt = (positions: readonly number[]): Unit[] =>
  positions.map((i) => ({
    convolution: `features.${i}.fwd.0`,
    norm: `features.${i}.fwd.1`,
    neuron: `features.${i}.act`,
  }))

/**
 * What the code published with the CLIF paper calls each parameter of a model (its snn5 is `snn5_noAP` there).
 * @param network one of Spikelet's models, by its name
 * @returns undefined for a model that the published code does not have
 * @see https://github.com/HuuYuLong/Complementary-LIF
 */
export function referenceNames(network: Network): ParameterNames | undefined {
  const { name } = network
  const all = everything(network)
  if (Object.hasOwn(resnetBlocks, name)) {
    return new Map(all.map(({ path }) => [path, byRules(path, resnetBlocks[name])]))
  }
  if (Object.hasOwn(vggStages, name)) return byUnits(all, vggUnits(vggStages[name]), 'classifier.1')
  if (Object.hasOwn(featureUnits, name)) return byUnits(all, unitsAt(featureUnits[name]), 'classifier')
  return undefined
}

function byRules(path: string, counts: readonly number[]): string {
  for (const [pattern, name] of resnetRules) {
    const match = path.match(pattern)
    if (match) return name(match, counts)
  }
  return path
}

/** Convolutions, BatchNorms and neurons in the order of computation, which is the same on both sides. */
function byUnits(all: readonly Parameter[], units: readonly Unit[], classifier: string): ParameterNames {
  const isConvolution = ({ layout }: Parameter) => layout.kind === 'conv2d'
  const owners = (wanted: (p: Parameter) => boolean) => [...new Set(all.filter(wanted).map(({ path }) => owner(path)))]
  const convolutions = owners(isConvolution)
  const norms = owners(({ path }) => path.endsWith('.running_mean'))
  const linears = owners(({ layout }) => layout.kind === 'linear')
  const neurons = owners(({ path }) => ![...convolutions, ...norms, ...linears].includes(owner(path)))
  const places = new Map<string, string>([
    ...convolutions.map((path, i) => [path, units[i].convolution] as const),
    ...norms.map((path, i) => [path, units[i].norm] as const),
    ...neurons.map((path, i) => [path, units[i].neuron] as const),
    ...linears.map((path) => [path, classifier] as const),
  ])
  return new Map(all.map(({ path }) => [path, `${places.get(owner(path))}.${path.slice(owner(path).length + 1)}`]))
}

function owner(path: string): string {
  return path.slice(0, path.lastIndexOf('.'))
}

/** Whether it is a learnable parameter of neurons, and not of a convolution, a linear layer or a BatchNorm. */
function isNeurons({ path }: Parameter): boolean {
  return !/\.(weight|bias|running_mean|running_var)$/.test(path)
}

/** Names that PyTorch keeps beside the numbers, which nobody needs here. */
const passedOver = /(^|\.)num_batches_tracked$/

/**
 * The tensors of a file by the names of a network's parameters. The file may use Spikelet's names (those of plain PyTorch
 * modules) or those of the published code; a `module.` in front, which parallel training leaves, is taken off.
 * @returns the tensors, which names the file uses, and which of its tensors were not used
 * @throws FormatError, naming what is missing, if the file fits neither
 */
export function ownNames(
  network: Network,
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  file: string,
): { tensors: Map<string, SafetensorsTensor>; scheme: 'spikelet' | 'published'; unused: string[] } {
  const plain = new Map([...tensors].map(([name, tensor]) => [name.replace(/^module\./, ''), tensor]))
  const own: ParameterNames = new Map(everything(network).map(({ path }) => [path, path]))
  const published = referenceNames(network)
  const schemes = [['spikelet', own] as const, ...(published ? [['published', published] as const] : [])]
  const missingIn = (names: ParameterNames) => [...names.values()].filter((name) => !plain.has(name))
  const [scheme, names] = [...schemes].sort((a, b) => missingIn(a[1]).length - missingIn(b[1]).length)[0]
  const missing = missingIn(names)
  if (missing.length > 0) throw misfit(network, [...plain], missing, file)
  const used = new Set(names.values())
  const found = new Map<string, SafetensorsTensor>()
  for (const [path, name] of names) found.set(path, shapedLike(network, path, plain.get(name)!))
  const unused = [...plain.keys()].filter((name) => !used.has(name) && !passedOver.test(name))
  return { tensors: found, scheme, unused }
}

/** A single number, which PyTorch gives no axis, as a list of one. */
function shapedLike(network: Network, path: string, tensor: SafetensorsTensor): SafetensorsTensor {
  const { outsideShape } = network.parameter(path)
  return tensor.shape.length === 0 && outsideShape.length === 1 ? { ...tensor, shape: [1] } : tensor
}

function misfit(
  network: Network,
  held: readonly (readonly [string, SafetensorsTensor])[],
  missing: readonly string[],
  file: string,
): FormatError {
  const near = nearestName(
    missing[0],
    held.map(([name]) => name),
  )
  const shown = held.slice(0, 6).map(([name, { shape }]) => `${name} ${shapeText(shape)}`)
  return new FormatError({
    what: `the file does not hold the parameters of ${network.name}: ${missing.length} are missing`,
    place: `${file}, tensor ${JSON.stringify(missing[0])}`,
    expected: missing.slice(0, 6).join(', ') + (missing.length > 6 ? ', ...' : ''),
    got: `${shown.join(', ')}${held.length > 6 ? ', ...' : ''}`,
    next:
      near === undefined
        ? 'name the model that was trained, with --model and --neuron'
        : `is it "${near}"? name the model and the neuron that were trained`,
  })
}

/**
 * A network's parameters and running statistics as PyTorch's `load_state_dict` takes them: its names and layout, with
 * a `num_batches_tracked` for each BatchNorm, and single numbers without an axis. Values are those on the host.
 * @param scheme `spikelet`: the names of plain PyTorch modules; `published`: those of the CLIF paper's code
 * @throws UsageError if the published code has no such model
 */
export function torchTensors(network: Network, scheme: 'spikelet' | 'published'): [string, SafetensorsTensor][] {
  const names = scheme === 'published' ? referenceNames(network) : undefined
  if (scheme === 'published' && !names) {
    throw new UsageError({
      what: `the published code has no model "${network.name}"`,
      expected: [...Object.keys(resnetBlocks), ...Object.keys(vggStages), ...Object.keys(featureUnits)].join(', '),
      next: "take Spikelet's own names",
    })
  }
  return everything(network).flatMap((parameter) => {
    const { path, outsideShape } = parameter
    const name = names?.get(path) ?? path
    const shape = isNeurons(parameter) && outsideShape.length === 1 && outsideShape[0] === 1 ? [] : outsideShape
    const tensor: SafetensorsTensor = { dtype: 'F32', shape, values: Float32Array.from(parameter.toOutside()) }
    const own: [string, SafetensorsTensor] = [name, tensor]
    if (!name.endsWith('.running_var')) return [own]
    const counter = `${owner(name)}.num_batches_tracked`
    return [own, [counter, { dtype: 'I64', shape: [], values: BigInt64Array.of(0n) }] as [string, SafetensorsTensor]]
  })
}
