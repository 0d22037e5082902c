import { FormatError, nearestName, shapeText, UsageError } from '../../base/index.ts'
import type { Network, Parameter } from '../../nn/index.ts'
import type { SafetensorsTensor } from '../safetensors.ts'
import { withMergedNorms } from './weight-norm.ts'

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
  const isConvolution = ({ layout }: Parameter) => layout.kind === 'conv2d' || layout.kind === 'conv1d'
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

/** Tensors of a file by a network's names, and what became of the others. */
export interface OwnTensors {
  readonly tensors: Map<string, SafetensorsTensor>
  /** Whose names the file uses. */
  readonly scheme: 'spikelet' | 'published'
  /** What stood in front of all names; empty where nothing did. */
  readonly prefix: string
  /** Tensors of the file that were not used. */
  readonly unused: string[]
}

/**
 * The tensors of a file by the names of a network's parameters. The file may use Spikelet's names (those of plain PyTorch
 * modules) or those of the published code; something that stands in front of all of them, such as the `module.` of parallel
 * training or the `_orig_mod.` of compiled modules, is taken off. Pairs of weight_norm become the weights that they stand for.
 * @throws FormatError, naming what is missing, if the file fits neither; or naming a tensor that holds numbers no network can
 * have: NaN, infinities, negative variances
 */
export function ownNames(network: Network, tensors: ReadonlyMap<string, SafetensorsTensor>, file: string): OwnTensors {
  const plain = withMergedNorms(tensors)
  const own: ParameterNames = new Map(everything(network).map(({ path }) => [path, path]))
  const published = referenceNames(network)
  const schemes = [['spikelet', own] as const, ...(published ? [['published', published] as const] : [])]
  const fits = schemes.flatMap(([scheme, names]) =>
    prefixesOf([...plain.keys()], names).map((prefix) => {
      const missing = [...names.values()].filter((name) => !plain.has(prefix + name))
      return { scheme, names, prefix, missing }
    }),
  )
  fits.sort((a, b) => a.missing.length - b.missing.length || a.prefix.length - b.prefix.length)
  const [best, next] = fits
  const { scheme, names, prefix, missing } = best
  if (missing.length > 0) throw misfit(network, [...plain], missing, prefix, file)
  if (prefix !== '' && next?.missing.length === 0 && next.prefix !== prefix)
    throw ambiguous(network, prefix, next.prefix, file)
  const used = new Set([...names.values()].map((name) => prefix + name))
  const found = new Map<string, SafetensorsTensor>()
  for (const [path, name] of names) {
    const tensor = plain.get(prefix + name)!
    checkSound(prefix + name, tensor, file)
    found.set(path, shapedLike(network, path, tensor))
  }
  const unused = [...plain.keys()]
    .filter((name) => !used.has(name) && !passedOver.test(name))
    .map((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : name))
  return { tensors: found, scheme, prefix, unused }
}

/** What may stand in front of a network's names: nothing, or what some name of the file has in front of a name of its end. */
function prefixesOf(held: readonly string[], names: ParameterNames): string[] {
  const wanted = new Set(names.values())
  const found = new Map([['', 0]])
  for (const name of held) {
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const prefix = name.slice(0, dot + 1)
      if (wanted.has(name.slice(dot + 1))) found.set(prefix, (found.get(prefix) ?? 0) + 1)
    }
  }
  return [...found]
    .sort((a, b) => b[1] - a[1])
    .flatMap(([prefix], i) => (i < mostPrefixes || prefix === '' ? [prefix] : []))
}

/** Prefixes that are tried, the commonest first. */
const mostPrefixes = 8

/** @throws FormatError for numbers that no network can have */
function checkSound(name: string, { values, shape }: SafetensorsTensor, file: string): void {
  const isVariance = /(^|\.)running_var$/.test(name)
  const numbers = values as ArrayLike<number | bigint>
  for (let i = 0; i < numbers.length; i++) {
    const value = Number(numbers[i])
    if (Number.isFinite(value) && !(isVariance && value < 0)) continue
    throw new FormatError({
      what: isVariance && value < 0 ? 'a variance is negative' : 'a tensor holds numbers that are not finite',
      place: `${file}, tensor ${JSON.stringify(name)} ${shapeText(shape)}, position ${i}`,
      expected: isVariance ? 'a number of at least 0' : 'a finite number',
      got: String(value),
      next: 'The training that wrote it went wrong, or the file is damaged: take an earlier checkpoint.',
    })
  }
}

function ambiguous(network: Network, a: string, b: string, file: string): FormatError {
  return new FormatError({
    what: `the file holds the parameters of ${network.name} more than once`,
    place: file,
    expected: 'one of them',
    got: `names that begin with ${a} and with ${b}`,
    next: 'Save the one that is meant by itself.',
  })
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
  prefix: string,
  file: string,
): FormatError {
  const near = nearestName(
    missing[0],
    held.map(([name]) => (name.startsWith(prefix) ? name.slice(prefix.length) : name)),
  )
  const shown = held.slice(0, 6).map(([name, { shape }]) => `${name} ${shapeText(shape)}`)
  return new FormatError({
    what: `the file does not hold the parameters of ${network.name}: ${missing.length} are missing${prefix === '' ? '' : ` behind ${prefix}`}`,
    place: `${file}, tensor ${JSON.stringify(missing[0])}`,
    expected: missing.slice(0, 6).join(', ') + (missing.length > 6 ? ', ...' : ''),
    got: `${shown.join(', ')}${held.length > 6 ? ', ...' : ''}`,
    next: `${near === undefined ? '' : `Is it "${near}"? `}Name the model and the neuron that were trained.`,
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
      next: "Take Spikelet's own names.",
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
