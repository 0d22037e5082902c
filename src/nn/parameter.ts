import type { Backend, Numbers } from '../backends/index.ts'
import { FormatError, type Random, type Shape, shapeText, sizeOf } from '../base/index.ts'
import { inputTensor, parameterTensor, type Tensor } from '../tensor/index.ts'

/**
 * How a parameter lies in files, which follow PyTorch: `same` as inside; `conv2d`: OIHW; `conv1d`: OIW; `linear`: [out, in], where
 * `frame` [H, W, C] is what was flattened (C, H, W in files; H, W, C inside).
 */
export type Layout =
  | { readonly kind: 'same' }
  | { readonly kind: 'conv2d' | 'conv1d' }
  | { readonly kind: 'linear'; readonly frame: Shape | null }

/** Least and largest value; either may be left out. */
export interface Bounds {
  readonly min?: number
  readonly max?: number
}

export interface ParameterSpec {
  readonly path: string
  readonly shape: Shape
  readonly layout: Layout
  /** False for running statistics: no gradient, no update. */
  readonly trained: boolean
  /** What updates keep its values within. */
  readonly bounds?: Bounds
  readonly start: (random: Random) => ArrayLike<number>
}

/** A named array of a network: host values, and its place on a backend once the network is placed. */
export class Parameter {
  /** `blocks.0.conv1.weight`. */
  readonly path: string
  readonly shape: Shape
  readonly layout: Layout
  readonly trained: boolean
  readonly bounds: Bounds | null
  private host: Numbers | null = null
  private readonly start: () => ArrayLike<number>
  private placed: { readonly backend: Backend; readonly tensor: Tensor } | null = null

  constructor(spec: ParameterSpec, random: Random) {
    this.path = spec.path
    this.shape = spec.shape
    this.layout = spec.layout
    this.trained = spec.trained
    const { min, max } = spec.bounds ?? {}
    this.bounds = min === undefined && max === undefined ? null : { ...spec.bounds }
    this.start = () => spec.start(random)
  }

  /** Host values: at first the start values, then as last set or pulled. Made when first asked for. */
  get values(): Numbers {
    this.host ??= Float64Array.from(this.start())
    return this.host
  }

  /** Its tensor on the backend. @throws FormatError where the network is not placed there */
  on(backend: Backend): Tensor {
    if (this.placed?.backend === backend) return this.placed.tensor
    throw new FormatError({
      what: `parameter "${this.path}" is not on the backend "${backend.info.name}"`,
      next: 'Call await network.place(backend) before the first run.',
    })
  }

  /** Uploads the host values; a place on another backend is given up. */
  place(backend: Backend): void {
    if (this.placed?.backend === backend) return
    this.unplace()
    const handle = backend.tensor(this.shape, this.values)
    this.placed = { backend, tensor: this.trained ? parameterTensor(handle) : inputTensor(handle) }
  }

  unplace(): void {
    if (this.placed) this.placed.backend.release(this.placed.tensor.handle)
    this.placed = null
  }

  /** Reads the device's values back into `values`. */
  async pull(): Promise<void> {
    if (this.placed) this.host = await this.placed.backend.read(this.placed.tensor.handle)
  }

  /** Sets host values and, where placed, the device's. */
  set(values: ArrayLike<number>): void {
    if (values.length !== sizeOf(this.shape)) {
      throw new FormatError({
        what: `values for parameter "${this.path}" are of the wrong number`,
        expected: `${sizeOf(this.shape)}, for ${shapeText(this.shape)}`,
        got: `${values.length}`,
      })
    }
    this.host = Float64Array.from(values)
    this.placed?.backend.write(this.placed.tensor.handle, this.host)
  }

  /** Shape in files. */
  get outsideShape(): Shape {
    const [a, b, c, d] = this.shape
    if (this.layout.kind === 'conv2d') return [d, c, a, b]
    if (this.layout.kind === 'conv1d') return [d, c, b]
    return this.layout.kind === 'linear' ? [b, a] : this.shape
  }

  /** Host values in the order of files. */
  toOutside(): Numbers {
    const inside = this.values
    const outside = inside.slice()
    const order = this.order()
    for (let i = 0; i < order.length; i++) outside[order[i]] = inside[i]
    return outside
  }

  /** Sets the values from the order of files. */
  fromOutside(outside: ArrayLike<number>): void {
    this.set(Float64Array.from(this.order(), (at) => outside[at]))
  }

  /** Position in files of each inside position. */
  private order(): Uint32Array {
    const order = new Uint32Array(sizeOf(this.shape))
    for (let i = 0; i < order.length; i++) order[i] = this.outsideIndex(i)
    return order
  }

  private outsideIndex(i: number): number {
    if (this.layout.kind === 'conv2d' || this.layout.kind === 'conv1d') {
      const [kh, kw, groupIn, out] = this.shape
      const o = i % out
      const c = Math.floor(i / out) % groupIn
      const tap = Math.floor(i / (out * groupIn))
      return (o * groupIn + c) * kh * kw + tap
    }
    if (this.layout.kind === 'linear') {
      const [features, out] = this.shape
      return (i % out) * features + featureOutside(Math.floor(i / out), this.layout.frame)
    }
    return i
  }
}

/** H, W, C position to C, H, W position. */
function featureOutside(feature: number, frame: Shape | null): number {
  if (frame?.length !== 3) return feature
  const [height, width, channels] = frame
  const c = feature % channels
  return c * height * width + Math.floor(feature / channels)
}
