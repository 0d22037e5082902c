import { ShapeError, sameShape, shapeText, UsageError } from '../../base/index.ts'
import { add } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Flow, type Frame, Layer, type LayerConfig, type Site } from '../layer.ts'
import type { Run } from '../run.ts'

export type ModelFunction<Layers> = <Value>(x: Value, layers: Layers, flow: Flow<Value>) => Value

/**
 * A model written as a plain function over named layers.
 *
 *     new Composed({ a: new Conv2d(...), b: new Conv2d(...) }, (x, { a, b }, flow) => flow.add(flow.apply(a, x), flow.apply(b, x)))
 */
export class Composed<Layers extends { readonly [name: string]: Layer }> extends Layer {
  readonly type = 'composed'
  readonly layers: Layers
  private readonly model: ModelFunction<Layers>

  constructor(layers: Layers, model: ModelFunction<Layers>) {
    super()
    this.layers = layers
    this.model = model
  }

  build(input: Frame, site: Site): Frame {
    const names = new Map<Layer, string>(Object.entries(this.layers).map(([name, layer]) => [layer, name]))
    return this.model<Frame>(input, this.layers, {
      apply: (layer, frame) => {
        const name = names.get(layer)
        if (name !== undefined) return site.build(name, layer, frame)
        throw new UsageError({ what: 'a model function used a layer it does not name', got: layer.type })
      },
      add: addedFrame,
    })
  }

  forward(x: Tensor, run: Run): Tensor {
    const made: Tensor[] = []
    const note = (tensor: Tensor) => {
      if (tensor !== x && !made.includes(tensor)) made.push(tensor)
      return tensor
    }
    const result = this.model<Tensor>(x, this.layers, {
      apply: (layer, value) => note(layer.call(value, run)),
      add: (a, b) => note(add(run, a, b)),
    })
    if (!run.tape) for (const tensor of made) if (tensor !== result) run.backend.release(tensor.handle)
    return result
  }

  override follow<Value>(x: Value, flow: Flow<Value>): Value {
    return this.model(x, this.layers, flow)
  }

  config(): LayerConfig {
    throw new UsageError({
      what: 'a model written as a function cannot be put into a configuration',
      next: 'Save its parameters and build the network with the same code, or use Sequential and Residual.',
    })
  }
}

/** What comes out of an addition. @throws ShapeError where the shapes differ */
export function addedFrame(a: Frame, b: Frame): Frame {
  const { source: _, ...frame } = a
  if (sameShape(a.shape, b.shape)) return { ...frame, sequence: a.sequence || b.sequence, kind: 'dense' }
  throw new ShapeError({ what: 'an addition of unlike shapes', expected: shapeText(a.shape), got: shapeText(b.shape) })
}
