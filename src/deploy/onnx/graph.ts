import { float16Bits, type Shape } from '../../base/index.ts'
import type { Instruction } from '../../equations/index.ts'
import { liveInstructions } from '../live.ts'
import type { ConvStep, LinearStep, NeuronStep, Plan, PlanStep, PoolStep, ValueRef, WeightType } from '../plan/index.ts'
import {
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValue,
  onnxTypes,
} from './model.ts'

/** Operations that ONNX has under another name, with the same operands. */
const sameOps: { readonly [op: string]: string } = {
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  neg: 'Neg',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  sin: 'Sin',
  cos: 'Cos',
  erf: 'Erf',
  floor: 'Floor',
  round: 'Round',
  exp: 'Exp',
  log: 'Log',
  relu: 'Relu',
  abs: 'Abs',
  sqrt: 'Sqrt',
  min: 'Min',
  max: 'Max',
}

/** How small weights are stored. */
const small = {
  float16: (values: Float64Array) => Uint16Array.from(values, float16Bits),
  int16: (values: Float64Array) => Int16Array.from(values),
  int8: (values: Float64Array) => Int8Array.from(values),
} satisfies { readonly [type in Exclude<WeightType, 'float32'>]: (values: Float64Array) => OnnxTensor['values'] }

/** [H, W, C] as [C, H, W]. */
export const outside = (shape: Shape): Shape => (shape.length === 3 ? [shape[2], shape[0], shape[1]] : shape)

/** Name of a state as it comes in, and as it goes out. */
export const stateNames = (name: string) => ({ before: `${name}.before`, after: `${name}.after` })

/** One time step as a graph: the frame and all states come in, outputs and all states go out; images are [N, C, H, W]. */
export function stepGraph(plan: Plan): OnnxGraph {
  return new GraphWriter(plan).graph()
}

/** The shape of each state, as the layers have it. */
export function stateShapes(plan: Plan): Shape[] {
  return plan.states.map(({ size }, i) => {
    for (const step of plan.steps) {
      if (step.op === 'neurons' && i >= step.firstState && i < step.firstState + step.neuron.program.states.length) {
        return plan.values[step.to].shape
      }
      if (step.op === 'recall' && step.state === i) return plan.values[step.to].shape
    }
    return [size]
  })
}

class GraphWriter {
  private readonly plan: Plan
  private readonly nodes: OnnxNode[] = []
  private readonly initializers: OnnxTensor[] = []
  private readonly names = new Map<ValueRef, string>([[0, 'frame']])
  private readonly after = new Map<number, string>()
  private readonly scalars = new Map<number, string>()
  private made = 0

  constructor(plan: Plan) {
    this.plan = plan
  }

  graph(): OnnxGraph {
    const { plan } = this
    for (const step of plan.steps) this.step(step)
    const shapes = stateShapes(plan)
    const value = (name: string, shape: Shape): OnnxValue => ({ name, dims: ['N', ...outside(shape)] })
    this.nodes.push({ op: 'Identity', inputs: [this.name(plan.output)], outputs: ['outputs'] })
    plan.states.forEach((state, i) => {
      const { before, after } = stateNames(state.name)
      this.nodes.push({ op: 'Identity', inputs: [this.after.get(i) ?? before], outputs: [after] })
    })
    return {
      name: 'step',
      nodes: this.nodes,
      initializers: this.initializers,
      inputs: [
        ...plan.states.map(({ name }, i) => value(stateNames(name).before, shapes[i])),
        value('frame', plan.values[0].shape),
      ],
      outputs: [
        ...plan.states.map(({ name }, i) => value(stateNames(name).after, shapes[i])),
        value('outputs', plan.values[plan.output].shape),
      ],
    }
  }

  private name(ref: ValueRef): string {
    const name = this.names.get(ref)
    if (name === undefined) throw new Error(`value ${ref} was not made`)
    return name
  }

  private node(
    op: string,
    inputs: readonly string[],
    attributes: { readonly [name: string]: OnnxAttribute } = {},
  ): string {
    const output = `v${this.made++}`
    this.nodes.push({ op, inputs, outputs: [output], attributes })
    return output
  }

  private tensor(values: ArrayLike<number>, dims: readonly number[]): string {
    return this.initializer(Float32Array.from(values), dims)
  }

  private initializer(values: OnnxTensor['values'], dims: readonly number[]): string {
    const name = `c${this.initializers.length}`
    this.initializers.push({ name, dims, values })
    return name
  }

  /** Weights as they are stored, as float32. */
  private weights(type: WeightType, values: Float64Array, dims: readonly number[]): string {
    if (type === 'float32') return this.tensor(values, dims)
    const stored = this.initializer(small[type](values), dims)
    return this.node('Cast', [stored], { to: onnxTypes.float32 })
  }

  private scalar(value: number): string {
    const key = Math.fround(value)
    const found = this.scalars.get(key) ?? this.tensor([key], [])
    this.scalars.set(key, found)
    return found
  }

  /** A value seen with another shape: images flattened, the last axis first in memory. */
  private seenAs(ref: ValueRef, rank: number): string {
    const { shape } = this.plan.values[ref]
    if (shape.length === rank) return this.name(ref)
    return this.node('Flatten', [this.node('Transpose', [this.name(ref)], { perm: [0, 2, 3, 1] })], { axis: 1 })
  }

  /** A number for all, one a channel, or one a neuron, so that it fits values of a shape. */
  private spread(values: Float64Array, shape: Shape): string {
    if (values.length === 1) return this.scalar(values[0])
    if (shape.length === 1) return this.tensor(values, [values.length])
    const [height, width, channels] = shape
    if (values.length === channels) return this.tensor(values, [channels, 1, 1])
    const turned = Float64Array.from(values, (_, i) => {
      const [c, pixel] = [Math.floor(i / (height * width)), i % (height * width)]
      return values[pixel * channels + c]
    })
    return this.tensor(turned, [channels, height, width])
  }

  private step(step: PlanStep): void {
    const { names } = this
    if (step.op === 'conv') names.set(step.to, this.convolution(step))
    else if (step.op === 'linear') names.set(step.to, this.linear(step))
    else if (step.op === 'neurons') this.neurons(step)
    else if (step.op === 'pool') names.set(step.to, this.pool(step))
    else if (step.op === 'recall') names.set(step.to, stateNames(this.plan.states[step.state].name).before)
    else if (step.op === 'remember') this.after.set(step.state, this.name(step.from))
    else if (step.op === 'dense') names.set(step.to, this.name(step.from))
    else if (step.op === 'affine') {
      const { shape } = this.plan.values[step.to]
      const scaled = this.node('Mul', [this.seenAs(step.from, shape.length), this.spread(step.scale, shape)])
      names.set(step.to, this.node('Add', [scaled, this.spread(step.shift, shape)]))
    } else {
      const rank = this.plan.values[step.to].shape.length
      const [a, b] = step.from.map((ref) => this.seenAs(ref, rank))
      names.set(step.to, this.node(step.op === 'add' ? 'Add' : 'Mul', [a, b]))
    }
  }

  private convolution({ from, weight, bias, stride, padding, dilation, groups }: ConvStep): string {
    const [kh, kw, groupIn, out] = weight.shape
    const turned = new Float64Array(weight.values.length)
    for (let o = 0; o < out; o++)
      for (let c = 0; c < groupIn; c++)
        for (let tap = 0; tap < kh * kw; tap++) {
          turned[(o * groupIn + c) * kh * kw + tap] = weight.values[(tap * groupIn + c) * out + o]
        }
    const inputs = [this.name(from), this.weights(weight.type, turned, [out, groupIn, kh, kw])]
    return this.node('Conv', bias ? [...inputs, this.tensor(bias, [out])] : inputs, {
      kernel_shape: [kh, kw],
      strides: stride,
      pads: [...padding, ...padding],
      dilations: dilation,
      group: groups,
    })
  }

  private linear({ from, weight, bias }: LinearStep): string {
    const product = this.node('MatMul', [this.seenAs(from, 1), this.weights(weight.type, weight.values, weight.shape)])
    return bias ? this.node('Add', [product, this.tensor(bias, [bias.length])]) : product
  }

  private pool({ from, kind, rows, columns, window }: PoolStep): string {
    const x = this.name(from)
    if (window) {
      const { kernel, stride, padding } = window
      const attributes = { kernel_shape: kernel, strides: stride, pads: [...padding, ...padding] }
      return kind === 'max'
        ? this.node('MaxPool', [x], attributes)
        : this.node('AveragePool', [x], { ...attributes, count_include_pad: 1 })
    }
    // Windows of uneven sizes: each axis is multiplied by a matrix of shares.
    const [height, width] = this.plan.values[from].shape
    const shares = (spans: typeof rows, size: number) =>
      spans.map(({ from: first, to }) =>
        Array.from({ length: size }, (_, i) => (i >= first && i < to ? 1 / (to - first) : 0)),
      )
    const down = this.tensor(shares(rows, height).flat(), [rows.length, height])
    const across = shares(columns, width)
    const turned = Array.from(
      { length: width * columns.length },
      (_, i) => across[i % columns.length][Math.floor(i / columns.length)],
    )
    return this.node('MatMul', [this.node('MatMul', [down, x]), this.tensor(turned, [width, columns.length])])
  }

  private neurons({ neuron, scale, shift, parameters, firstState, from, to }: NeuronStep): void {
    const { program } = neuron
    const { shape } = this.plan.values[to]
    let x = this.seenAs(from, shape.length)
    if (scale) x = this.node('Mul', [x, this.spread(scale, shape)])
    if (shift) x = this.node('Add', [x, this.spread(shift, shape)])
    const known = new Map<number, string>()
    for (const id of liveInstructions(program)) {
      const { op, index = 0, value = 0, args } = program.instructions[id]
      if (op === 'input') known.set(id, x)
      else if (op === 'state') known.set(id, stateNames(this.plan.states[firstState + index].name).before)
      else if (op === 'parameter') known.set(id, this.spread(parameters[index], shape))
      else if (op === 'constant') known.set(id, this.scalar(value))
      else
        known.set(
          id,
          this.calculated(
            op,
            args.map((arg) => known.get(arg)!),
            value,
          ),
        )
    }
    program.states.forEach(({ next }, k) => this.after.set(firstState + k, known.get(next)!))
    this.names.set(to, known.get(program.output)!)
  }

  private calculated(op: Instruction['op'], args: readonly string[], value: number): string {
    const above = () => this.node('GreaterOrEqual', [args[0], this.scalar(0)])
    if (op === 'detach') return args[0]
    if (op === 'spike') return this.node('Cast', [above()], { to: onnxTypes.float32 })
    if (op === 'where') return this.node('Where', [above(), args[1], args[2]])
    if (op === 'pow') return this.node('Pow', [args[0], this.scalar(value)])
    const same = sameOps[op]
    if (!same) throw new Error(`no ONNX for ${op}`)
    return this.node(same, args)
  }
}
