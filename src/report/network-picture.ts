import { plain } from './palette.ts'
import { element, escapeXml, picture, svgText } from './svg.ts'

/** A layer as a report knows it. */
export interface NetworkLayer {
  readonly path: string
  readonly type: string
  /** What it gives for one sample and step: [H, W, C] or [C]. */
  readonly output: readonly number[]
  readonly parameters: number
  readonly neurons: number
}

/** Kinds of layers in a word. */
const kinds: { readonly [type: string]: string } = {
  conv2d: 'conv',
  convTranspose2d: 'conv',
  synapseFilter: 'synapse',
  convolution: 'conv',
  batchNorm2d: 'norm',
  thresholdDependentBatchNorm2d: 'tdBN',
  temporalEffectiveBatchNorm2d: 'TEBN',
  batchNormThroughTime2d: 'BNTT',
  layerNorm: 'norm',
  groupNorm: 'norm',
  avgPool2d: 'pool',
  maxPool2d: 'pool',
  adaptiveAvgPool2d: 'pool',
}

function kindOf({ type, neurons }: NamedLayer): string {
  return neurons ? 'neurons' : (kinds[type] ?? type)
}

type NamedLayer = Pick<NetworkLayer, 'path' | 'type'> & Partial<Pick<NetworkLayer, 'neurons'>>

/**
 * What pictures call the layers: a path that ends in a word stays; one that ends in a number becomes the layer's kind and
 * its count, such as `neurons 2`.
 */
export function layerNames(layers: readonly NamedLayer[]): Map<string, string> {
  const counts = new Map<string, number>()
  return new Map(
    layers.map((layer) => {
      const { path } = layer
      const kind = kindOf(layer)
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      return [path, /(^|\.)\d+$/.test(path) || path === '' ? `${kind} ${count}` : path]
    }),
  )
}

interface Box {
  readonly name: string
  readonly about: string
  readonly paths: string
  readonly spikes: boolean
}

/** With more layers than this, those of one block share a box. */
const mostBoxes = 18

const [rowHeight, gap, width] = [34, 12, 440]

/** A network from its input to its output, a box for each layer or block. */
export function networkPicture(title: string, layers: readonly NetworkLayer[]): string {
  const boxes = layers.length > mostBoxes ? blocksOf(layers) : boxesOf(layers)
  const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0)
  const neurons = layers.reduce((sum, layer) => sum + layer.neurons, 0)
  const description = `${layers.length} layers, ${neurons} neurons, ${parameters} trained numbers: ${boxes.map(({ name }) => name).join(', ')}.`
  const y = (i: number) => 8 + i * (rowHeight + gap)
  return picture({ width, height: y(boxes.length) - gap + 8, title, description }, [
    ...boxes.slice(1).map((_, i) => {
      const [from, to] = [y(i) + rowHeight, y(i + 1)]
      return element('path', {
        class: 'arrow',
        d: `M32 ${from}V${to}M28 ${to - 5}l4 5l4 -5`,
        style: `stroke:${plain.quiet}`,
      })
    }),
    ...boxes.map((box, i) => boxAt(box, y(i))),
  ])
}

function boxAt({ name, about, paths, spikes }: Box, y: number): string {
  const style = `fill:var(--card);stroke:${spikes ? plain.first : 'var(--line)'};stroke-width:${spikes ? 2 : 1}`
  return element('g', {}, [
    element('title', {}, escapeXml(paths)),
    element('rect', { x: 8, y, width: width - 16, height: rowHeight, rx: 6, style }),
    svgText(20, y + 21, name, { 'font-weight': spikes ? 600 : 400 }),
    svgText(width - 20, y + 21, about, { class: 'quiet', 'text-anchor': 'end', 'font-size': 11 }),
  ])
}

function boxesOf(layers: readonly NetworkLayer[]): Box[] {
  const names = layerNames(layers)
  return layers.map((layer) => ({
    name: names.get(layer.path) ?? layer.path,
    about: [
      layer.output.join(' × '),
      ...(layer.parameters > 0 ? [`${layer.parameters.toLocaleString('en')} weights`] : []),
      ...(names.get(layer.path) === layer.path ? [] : [layer.path]),
    ].join('  ·  '),
    paths: layer.path,
    spikes: layer.neurons > 0,
  }))
}

/** Neighbours whose paths begin alike, as one. */
function blocksOf(layers: readonly NetworkLayer[]): Box[] {
  const groups: NetworkLayer[][] = []
  const blockOf = ({ path }: NetworkLayer) => path.split('.').slice(0, 2).join('.')
  for (const layer of layers) {
    const last = groups[groups.length - 1]
    if (last && blockOf(last[0]) === blockOf(layer)) last.push(layer)
    else groups.push([layer])
  }
  return groups.map((group) => {
    const neurons = group.filter((layer) => layer.neurons > 0).length
    const parameters = group.reduce((sum, layer) => sum + layer.parameters, 0)
    return {
      name: blockOf(group[0]),
      about: [
        group[group.length - 1].output.join(' × '),
        ...(group.length > 1 ? [`${group.length} layers, ${neurons} of neurons`] : []),
        ...(parameters > 0 ? [`${parameters.toLocaleString('en')} weights`] : []),
      ].join('  ·  '),
      paths: group.map(({ path }) => path).join(', '),
      spikes: neurons > 0,
    }
  })
}
