import { type Random, type Shape, UsageError } from '../base/index.ts'
import { type Frame, inLayer, type Layer, type LayerRow, type Site } from './layer.ts'
import { type Bounds, type Layout, Parameter } from './parameter.ts'

/** Everything that building a network collects. */
export interface Blueprint {
  readonly random: Random
  readonly parameters: Parameter[]
  readonly rows: LayerRow[]
  readonly layers: Layer[]
}

/** The place of one layer while its network is built. */
export class BuildingSite implements Site {
  /** Full names; more than one for a layer that is several modules in PyTorch. */
  readonly names: readonly string[]
  private readonly blueprint: Blueprint

  constructor(names: readonly string[], blueprint: Blueprint) {
    this.names = names
    this.blueprint = blueprint
  }

  /** The layer's own name: the last. */
  get path(): string {
    return this.names[this.names.length - 1]
  }

  /**
   * Builds an inner layer.
   * @param names its names here, one for each of its slots; a single name serves all, with `_norm` for BatchNorm
   */
  build(names: string | readonly string[], layer: Layer, input: Frame, label?: string): Frame {
    const local = typeof names === 'string' ? spread(names, layer.slots) : names
    const full = local.map((name) => joined(this.path, name))
    if (this.blueprint.layers.includes(layer)) {
      throw new UsageError({
        what: `the layer "${layer.path}" is used a second time, as "${full[full.length - 1]}"`,
        next: 'Make a layer for each place.',
      })
    }
    layer.path = full[full.length - 1]
    layer.label = label ?? `"${local[local.length - 1]}" ${layer.type}`
    this.blueprint.layers.push(layer)
    return inLayer(layer.label, () => layer.build(input, new BuildingSite(full, this.blueprint)))
  }

  /** Makes a parameter under this layer's name. */
  parameter(
    name: string,
    shape: Shape,
    start: (random: Random) => ArrayLike<number>,
    layout?: Layout,
    bounds?: Bounds,
  ): Parameter {
    return this.make(joined(this.path, name), shape, start, layout ?? { kind: 'same' }, true, bounds)
  }

  /** A parameter, or with `trained` false a buffer, under another of the layer's names. */
  make(
    path: string,
    shape: Shape,
    start: (random: Random) => ArrayLike<number>,
    layout: Layout,
    trained: boolean,
    bounds?: Bounds,
  ): Parameter {
    const random = this.blueprint.random.fork(path)
    const parameter = new Parameter({ path, shape, layout, trained, start, ...(bounds ? { bounds } : {}) }, random)
    this.blueprint.parameters.push(parameter)
    return parameter
  }

  /** Adds the layer to summaries, or replaces what it told before. */
  row(row: Omit<LayerRow, 'path'>): void {
    const { rows } = this.blueprint
    const before = rows.findIndex(({ path }) => path === this.path)
    if (before >= 0) rows[before] = { path: this.path, ...row }
    else rows.push({ path: this.path, ...row })
  }
}

function spread(name: string, slots: number): string[] {
  return slots === 2 ? [`${name}_norm`, name] : [name]
}

/** `stem` and `weight` as `stem.weight`; the outermost layer has no name. */
export function joined(path: string, name: string): string {
  return path ? `${path}.${name}` : name
}
