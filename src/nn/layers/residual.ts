import { ShapeError, sameShape, shapeText } from '../../base/index.ts'
import { add } from '../../ops/index.ts'
import type { Tensor } from '../../tensor/index.ts'
import { type Flow, type Frame, Layer, type LayerConfig, type LayerRow, type Site } from '../layer.ts'
import { released } from '../released.ts'
import type { Run } from '../run.ts'

/** What a residual without a layer of its own tells of itself: its input is added as it is. */
export function residualRow(input: Frame, output: Frame, keepsOutput: boolean): Omit<LayerRow, 'path'> {
  return {
    type: 'residual',
    input,
    output,
    parameters: 0,
    multiplyAdds: 0,
    keepsOutput,
    neurons: 0,
    trainingOnly: false,
  }
}

/** body(x) + shortcut(x); without a shortcut, body(x) + x. */
export class Residual extends Layer {
  readonly type = 'residual'
  readonly body: Layer
  readonly shortcut: Layer | null

  constructor(body: Layer, shortcut: Layer | null = null) {
    super()
    this.body = body
    this.shortcut = shortcut
  }

  build(input: Frame, site: Site): Frame {
    const body = site.build('body', this.body, input)
    const past = this.shortcut ? site.build('shortcut', this.shortcut, input) : input
    if (!sameShape(body.shape, past.shape)) {
      throw new ShapeError({
        what: 'the two sides of a residual differ in shape',
        expected: `${shapeText(body.shape)}, the body's`,
        got: `${shapeText(past.shape)}, the shortcut's`,
        next: 'Give the shortcut a 1x1 convolution with the channels and stride of the body.',
      })
    }
    const output: Frame = { shape: body.shape, sequence: body.sequence || past.sequence, kind: 'dense' }
    if (!this.shortcut) site.row(residualRow(input, output, true))
    return output
  }

  forward(x: Tensor, run: Run): Tensor {
    const body = this.body.call(x, run)
    const past = this.shortcut?.call(x, run) ?? x
    const sum = add(run, body, past)
    released(run, body, [x])
    if (past !== body) released(run, past, [x])
    return sum
  }

  override follow<Value>(x: Value, flow: Flow<Value>): Value {
    return flow.add(flow.apply(this.body, x), this.shortcut ? flow.apply(this.shortcut, x) : x)
  }

  config(): LayerConfig {
    return { type: this.type, body: this.body.config(), shortcut: this.shortcut?.config() ?? null }
  }
}
