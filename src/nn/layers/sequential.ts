import type { Tensor } from '../../tensor/index.ts'
import { type Flow, type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'

/** Layers one after another. Names count up as in PyTorch, BatchNorm and neuron being two. */
export class Sequential extends Layer {
  readonly type = 'sequential'
  readonly layers: readonly Layer[]

  constructor(layers: readonly Layer[]) {
    super()
    this.layers = layers
  }

  build(input: Frame, site: Site): Frame {
    let frame = input
    let next = 0
    this.layers.forEach((layer, i) => {
      const names = Array.from({ length: layer.slots }, () => `${next++}`)
      frame = site.build(names, layer, frame, `layer ${i} "${layer.type}"`)
    })
    return frame
  }

  forward(x: Tensor, run: Run): Tensor {
    let value = x
    for (const layer of this.layers) {
      const next = layer.call(value, run)
      released(run, value, [x, next])
      value = next
    }
    return value
  }

  override follow<Value>(x: Value, flow: Flow<Value>): Value {
    return this.layers.reduce((value, layer) => flow.apply(layer, value), x)
  }

  config(): LayerConfig {
    return { type: this.type, layers: this.layers.map((layer) => layer.config()) }
  }
}
