import { type Flow, type Frame, Layer, type LayerConfig, type Run, released, type Site } from '../nn/index.ts'
import type { Tensor } from '../tensor/index.ts'

/** One link of a chain: names as PyTorch's modules have, one for each slot of the layer. */
export interface Link {
  readonly names: readonly string[]
  readonly layer: Layer
}

/** Layers one after another under given names. */
export class NamedSequence extends Layer {
  readonly type: string
  private readonly links: readonly Link[]

  constructor(type: string, links: readonly Link[]) {
    super()
    this.type = type
    this.links = links
  }

  build(input: Frame, site: Site): Frame {
    return this.links.reduce((frame, { names, layer }) => site.build(names, layer, frame), input)
  }

  forward(x: Tensor, run: Run): Tensor {
    let value = x
    for (const { layer } of this.links) {
      const next = layer.call(value, run)
      released(run, value, [x, next])
      value = next
    }
    return value
  }

  override follow<Value>(x: Value, flow: Flow<Value>): Value {
    return this.links.reduce((value, { layer }) => flow.apply(layer, value), x)
  }

  config(): LayerConfig {
    return { type: this.type, layers: this.links.map((link) => link.layer.config()) }
  }
}

export function link(name: string | readonly string[], layer: Layer): Link {
  return { names: typeof name === 'string' ? [name] : name, layer }
}
