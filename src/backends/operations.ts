import { type Shape, ShapeError, sameShape, shapeText, sizeOf } from '../base/index.ts'
import { parameterShape } from '../equations/index.ts'
import type { Backend, Handle, InputGradient, NeuronCall } from './backend.ts'
import { conv2dShape, expectVector, poolShape } from './shapes.ts'

/**
 * The operations of a backend, each said once: which tensors it reads, which shapes it refuses, what it makes. Backends check
 * by this table (`checked`), the comparing backend runs and compares by it, tests watch lifetimes by it.
 */
export type OperationName =
  | 'conv2d'
  | 'conv2dBackward'
  | 'linear'
  | 'linearBackward'
  | 'neuron'
  | 'neuronBackward'
  | 'pool'
  | 'poolBackward'
  | 'dropout'
  | 'dropoutBackward'
  | 'add'
  | 'slice'
  | 'concat'
  | 'reshape'
  | 'sumSteps'
  | 'loss'
  | 'accumulate'
  | 'scale'
  | 'clamp'
  | 'clipNorm'
  | 'sgd'
  | 'adamW'
  | 'activity'

type Maybe = Handle | null | undefined

/** Puts another tensor in the place of one; null stays null. */
export type Put = <Kind extends Maybe>(handle: Kind) => Kind

/** Tensors that an operation made or changed, by what they are called in a comparison. */
export interface Outputs {
  readonly [name: string]: Maybe
}

export interface Operation<Arguments extends readonly unknown[], Result> {
  /** The arguments with every tensor that is read replaced, in the order of reading. */
  readonly map: (args: Arguments, put: Put) => Arguments
  /** @throws ShapeError where the arguments do not fit each other */
  readonly check: (...args: Arguments) => void
  /** Kinds and shapes of what it makes, in the form of its result. */
  readonly makes: (...args: Arguments) => Result
  /** What it made, and what it changed of the arguments. */
  readonly outputs: (result: Result, ...args: Arguments) => Outputs
}

export type Operations = {
  readonly [Name in OperationName]: Operation<Parameters<Backend[Name]>, ReturnType<Backend[Name]>>
}

const dense = (shape: Shape): Handle => ({ kind: 'dense', shape })
const like = ({ shape }: Handle): Handle => dense(shape)
const output = (result: Handle): Outputs => ({ output: result })
const anything = (): void => {}

const numbered = (name: string, handles: readonly Handle[] | null): Outputs =>
  Object.fromEntries((handles ?? []).map((handle, i) => [`${name} ${i}`, handle]))

/** What a call reads beside the neuron's input. */
export function mapCall(call: NeuronCall, put: Put): NeuronCall {
  const parameters = call.parameters.map(put)
  const n = call.normalisation
  const normalisation = n && {
    ...n,
    weight: put(n.weight),
    bias: put(n.bias),
    runningMean: put(n.runningMean),
    runningVariance: put(n.runningVariance),
  }
  return { ...call, parameters, normalisation, state: call.state?.map(put) ?? null }
}

function checkConvolution(x: Handle, weight: Handle, shape: Shape, bias: Handle | null, residual: Handle | null): void {
  if (bias) expectVector("a convolution's bias", bias.shape, weight.shape[3])
  if (!residual) return
  const steps = residual.shape[0] === x.shape[0] || residual.shape[0] === 1
  if (steps && sameShape(residual.shape.slice(1), shape.slice(1))) return
  throw new ShapeError({
    what: "a residual does not fit the convolution's output",
    expected: `${shapeText(shape)}, or 1 as its first axis`,
    got: shapeText(residual.shape),
    next: 'Where channels or size change, the shortcut needs a 1x1 convolution of the same stride.',
  })
}

function checkLinear(x: Handle, weight: Handle): void {
  const features = sizeOf(x.shape.slice(2))
  if (weight.shape.length === 2 && features === weight.shape[0]) return
  throw new ShapeError({
    what: 'a linear layer does not fit its input',
    expected: `${weight.shape[0]} values a sample, for weight [in, out] = ${shapeText(weight.shape)}`,
    got: `${features}, in ${shapeText(x.shape)}`,
  })
}

function expectShape(what: string, got: Handle, shape: Shape): void {
  if (sameShape(got.shape, shape)) return
  throw new ShapeError({ what: `${what} does not fit`, expected: shapeText(shape), got: shapeText(got.shape) })
}

function checkNeuron(x: Handle, { neuron, T, parameters, normalisation, state }: NeuronCall): void {
  const place = `neuron "${neuron.name}"`
  if (x.shape[0] !== T && x.shape[0] !== 1) {
    throw new ShapeError({
      what: "the neuron's input has another number of steps than the run",
      place,
      expected: `T = ${T}, or 1 frame to repeat`,
      got: shapeText(x.shape),
    })
  }
  const channels = x.shape[x.shape.length - 1]
  neuron.program.parameters.forEach((p, k) => {
    const expected = parameterShape(p, T, x.shape.slice(2))
    if (parameters[k] && sameShape(parameters[k].shape, expected)) return
    throw new ShapeError({
      what: `parameter "${p.name}", one value a ${p.scope}, does not fit`,
      place,
      expected: shapeText(expected),
      got: parameters[k] ? shapeText(parameters[k].shape) : 'none',
    })
  })
  if (normalisation) {
    const { weight, bias, runningMean, runningVariance } = normalisation
    expectVector("BatchNorm's weight", weight.shape, channels)
    expectVector("BatchNorm's bias", bias.shape, channels)
    expectVector("BatchNorm's running mean", runningMean.shape, channels)
    expectVector("BatchNorm's running variance", runningVariance.shape, channels)
    if (normalisation.training && !normalisation.ranks) checkStatistics(x, T, normalisation.statistics)
  }
  checkStates(x, neuron.program.states, state, 'the given state', place)
}

function checkStatistics(x: Handle, T: number, statistics: 'perStep' | 'merged'): void {
  const places = sizeOf(x.shape.slice(1, -1))
  if (places * (statistics === 'merged' ? T : 1) >= 2) return
  throw new ShapeError({
    what: 'BatchNorm would take statistics over a single value',
    got: `${shapeText(x.shape)}, one value for each channel`,
    next: 'Use a batch of at least 2, or normalise in evaluation mode.',
  })
}

function checkStates(
  x: Handle,
  states: readonly { readonly name: string }[],
  given: readonly Handle[] | null,
  what: string,
  place: string,
): void {
  if (!given) return
  const frame = x.shape.slice(1)
  states.forEach(({ name }, k) => {
    if (given[k] && sameShape(given[k].shape, frame)) return
    throw new ShapeError({
      what: `${what} "${name}" does not fit the input`,
      place,
      expected: shapeText(frame),
      got: given[k] ? shapeText(given[k].shape) : 'none',
    })
  })
}

const convolutionShape = (x: Handle, weight: Handle, options: Parameters<Backend['conv2d']>[4]): Shape => {
  return [x.shape[0], x.shape[1], ...conv2dShape(x.shape.slice(2), weight.shape, options)]
}

function layerGradients(x: Handle, weight: Handle, want: { input: InputGradient; weight: boolean; bias: boolean }) {
  return {
    input: want.input === 'none' ? null : like(x),
    weight: want.weight ? like(weight) : null,
    bias: want.bias ? dense([weight.shape[weight.shape.length - 1]]) : null,
  }
}

export const operations: Operations = {
  conv2d: {
    map: ([x, weight, bias, residual, ...rest], put) => [put(x), put(weight), put(bias), put(residual), ...rest],
    check: (x, weight, bias, residual, options) => {
      checkConvolution(x, weight, convolutionShape(x, weight, options), bias, residual)
    },
    makes: (x, weight, _bias, _residual, options) => dense(convolutionShape(x, weight, options)),
    outputs: output,
  },
  conv2dBackward: {
    map: ([x, weight, gradient, ...rest], put) => [put(x), put(weight), put(gradient), ...rest],
    check: (x, weight, gradient, options) => {
      expectShape("a convolution's gradient", gradient, convolutionShape(x, weight, options))
    },
    makes: (x, weight, _gradient, _options, want) => layerGradients(x, weight, want),
    outputs: ({ input, weight, bias }) => ({ input, weight, bias }),
  },
  linear: {
    map: ([x, weight, bias], put) => [put(x), put(weight), put(bias)],
    check: (x, weight, bias) => {
      checkLinear(x, weight)
      if (bias) expectVector("a linear layer's bias", bias.shape, weight.shape[1])
    },
    makes: (x, weight) => dense([x.shape[0], x.shape[1], weight.shape[1]]),
    outputs: output,
  },
  linearBackward: {
    map: ([x, weight, gradient, want], put) => [put(x), put(weight), put(gradient), want],
    check: (x, weight, gradient) => {
      checkLinear(x, weight)
      expectShape("a linear layer's gradient", gradient, [x.shape[0], x.shape[1], weight.shape[1]])
    },
    makes: (x, weight, _gradient, want) => layerGradients(x, weight, want),
    outputs: ({ input, weight, bias }) => ({ input, weight, bias }),
  },
  neuron: {
    map: ([x, call], put) => [put(x), mapCall(call, put)],
    check: checkNeuron,
    makes: (x, { neuron, T, wantState, wantBackward }) => ({
      output: { kind: neuron.program.spiking ? 'spikes' : 'dense', shape: [T, ...x.shape.slice(1)] },
      state: wantState ? neuron.program.states.map(() => dense(x.shape.slice(1))) : null,
      saved: wantBackward ? { handles: [dense([1])] } : null,
    }),
    outputs: (result, _, { normalisation: n }) => ({
      output: result.output,
      ...numbered('state', result.state),
      ...(n?.training ? { runningMean: n.runningMean, runningVariance: n.runningVariance } : {}),
    }),
  },
  neuronBackward: {
    map: ([x, out, saved, gradient, state, call], put) => {
      const [input, spikes, g] = [put(x), put(out), put(gradient)]
      const placed = mapCall(call, put)
      return [input, spikes, saved, g, state?.map(put) ?? null, placed]
    },
    check: (x, out, _saved, gradient, state, call) => {
      checkNeuron(x, call)
      const shape = [call.T, ...x.shape.slice(1)]
      expectShape("the neuron's output", out, shape)
      expectShape("the gradient of the neuron's output", gradient, shape)
      const place = `neuron "${call.neuron.name}"`
      checkStates(x, call.neuron.program.states, state, 'the gradient of state', place)
    },
    makes: (x, _output, _saved, _gradient, _state, { parameters, normalisation: n, state }) => ({
      input: like(x),
      parameters: parameters.map(like),
      normalisation: n && { weight: like(n.weight), bias: like(n.bias) },
      state: state?.map(like) ?? null,
    }),
    outputs: (result) => ({
      input: result.input,
      ...numbered('parameter', result.parameters),
      weight: result.normalisation?.weight,
      bias: result.normalisation?.bias,
      ...numbered('state', result.state),
    }),
  },
  pool: {
    map: ([x, options], put) => [put(x), options],
    check: (x, options) => {
      poolShape(x.shape.slice(2), options)
    },
    makes: (x, options) => dense([x.shape[0], x.shape[1], ...poolShape(x.shape.slice(2), options)]),
    outputs: output,
  },
  poolBackward: {
    map: ([x, gradient, ...rest], put) => [put(x), put(gradient), ...rest],
    check: (x, gradient, options) => {
      const shape = [x.shape[0], x.shape[1], ...poolShape(x.shape.slice(2), options)]
      expectShape("a pool's gradient", gradient, shape)
    },
    makes: like,
    outputs: output,
  },
  dropout: {
    map: ([x, ...rest], put) => [put(x), ...rest],
    check: anything,
    makes: (x) => ({ kind: x.kind, shape: x.shape }),
    outputs: output,
  },
  dropoutBackward: {
    map: ([gradient, ...rest], put) => [put(gradient), ...rest],
    check: anything,
    makes: like,
    outputs: output,
  },
  add: {
    map: ([a, b], put) => [put(a), put(b)],
    check: (a, b) => {
      const steps = a.shape[0] === b.shape[0] || a.shape[0] === 1 || b.shape[0] === 1
      if (steps && sameShape(a.shape.slice(1), b.shape.slice(1))) return
      throw new ShapeError({
        what: 'two tensors of unlike shape cannot be added',
        expected: `${shapeText(a.shape)}, or one with first axis 1`,
        got: shapeText(b.shape),
      })
    },
    makes: (a, b) => like(a.shape[0] >= b.shape[0] ? a : b),
    outputs: output,
  },
  slice: {
    map: ([x, ...rest], put) => [put(x), ...rest],
    check: (x, from, to) => {
      if (from >= 0 && from < to && to <= x.shape[0]) return
      throw new ShapeError({
        what: `steps ${from} to ${to} are not in the sequence`,
        expected: `0 <= from < to <= ${x.shape[0]}`,
        got: shapeText(x.shape),
      })
    },
    makes: (x, from, to) => ({ kind: x.kind, shape: [to - from, ...x.shape.slice(1)] }),
    outputs: output,
  },
  concat: {
    map: ([parts], put) => [parts.map(put)],
    check: (parts) => {
      if (parts.length === 0)
        throw new ShapeError({ what: 'nothing to concatenate', expected: 'at least one sequence' })
      const [first] = parts
      for (const part of parts) {
        if (
          part.kind === first.kind &&
          part.scale === first.scale &&
          sameShape(part.shape.slice(1), first.shape.slice(1))
        )
          continue
        throw new ShapeError({
          what: 'sequences of unlike frames, kinds or scales cannot follow each other',
          expected: `${first.kind} of scale ${first.scale ?? 1}, [T, ${first.shape.slice(1).join(', ')}]`,
          got: `${part.kind} of scale ${part.scale ?? 1}, ${shapeText(part.shape)}`,
        })
      }
    },
    makes: (parts) => ({
      kind: parts[0].kind,
      shape: [parts.reduce((sum, part) => sum + part.shape[0], 0), ...parts[0].shape.slice(1)],
    }),
    outputs: output,
  },
  reshape: {
    map: ([x, shape], put) => [put(x), shape],
    check: (x, shape) => {
      if (sizeOf(shape) === sizeOf(x.shape)) return
      throw new ShapeError({
        what: 'a reshape keeps the number of values',
        expected: `${sizeOf(x.shape)} values, as in ${shapeText(x.shape)}`,
        got: `${sizeOf(shape)}, in ${shapeText(shape)}`,
      })
    },
    makes: (x, shape) => ({ kind: x.kind, shape }),
    outputs: output,
  },
  sumSteps: {
    map: ([x], put) => [put(x)],
    check: anything,
    makes: (x) => dense([1, ...x.shape.slice(1)]),
    outputs: output,
  },
  loss: {
    map: ([logits, targets, options], put) => [put(logits), put(targets), options],
    check: (logits, targets) => {
      const [, N, K] = logits.shape
      if (logits.shape.length === 3 && sameShape(targets.shape, [N, K])) return
      throw new ShapeError({
        what: 'targets do not fit the logits',
        expected: `[N, K] for logits [T, N, K] = ${shapeText(logits.shape)}`,
        got: shapeText(targets.shape),
      })
    },
    makes: (logits) => ({ loss: dense([1]), gradient: like(logits) }),
    outputs: ({ loss, gradient }) => ({ loss, gradient }),
  },
  accumulate: {
    map: ([target, source, factor], put) => [put(target), put(source), factor],
    check: (target, source) => expectShape('what is added to a tensor', source, target.shape),
    makes: () => {},
    outputs: (_, target) => ({ target }),
  },
  scale: {
    map: ([target, factor], put) => [put(target), factor],
    check: anything,
    makes: () => {},
    outputs: (_, target) => ({ target }),
  },
  clamp: {
    map: ([target, min, max], put) => [put(target), min, max],
    check: anything,
    makes: () => {},
    outputs: (_, target) => ({ target }),
  },
  clipNorm: {
    map: ([gradients, maxNorm], put) => [gradients.map(put), maxNorm],
    check: anything,
    makes: () => dense([1]),
    outputs: (norm, gradients) => ({ norm, ...numbered('gradient', gradients) }),
  },
  sgd: {
    map: ([parameter, gradient, velocity, options, guards = []], put) => {
      return [put(parameter), put(gradient), put(velocity), options, guards.map(put)]
    },
    check: (parameter, gradient, velocity, _options, guards = []) => {
      expectShape("a parameter's gradient", gradient, parameter.shape)
      if (velocity) expectShape("a parameter's velocity", velocity, parameter.shape)
      for (const guard of guards) expectShape('a guard of an update', guard, [1])
    },
    makes: () => {},
    outputs: (_, parameter, _gradient, velocity) => ({ parameter, velocity }),
  },
  adamW: {
    map: ([parameter, gradient, first, second, options, guards = []], put) => {
      return [put(parameter), put(gradient), put(first), put(second), options, guards.map(put)]
    },
    check: (parameter, gradient, first, second, _options, guards = []) => {
      expectShape("a parameter's gradient", gradient, parameter.shape)
      expectShape("a parameter's first moment", first, parameter.shape)
      expectShape("a parameter's second moment", second, parameter.shape)
      for (const guard of guards) expectShape('a guard of an update', guard, [1])
    },
    makes: () => {},
    outputs: (_, parameter, _gradient, first, second) => ({ parameter, first, second }),
  },
  activity: {
    map: ([x, ...rest], put) => [put(x), ...rest],
    check: anything,
    makes: () => dense([2]),
    outputs: output,
  },
}

export const operationNames = Object.keys(operations) as readonly OperationName[]

type Call = (...args: unknown[]) => unknown

/** The tensors that a call reads, in order. */
export function readBy(name: OperationName, args: readonly unknown[]): Handle[] {
  const read: Handle[] = []
  const { map } = operations[name] as unknown as Operation<readonly unknown[], unknown>
  map(args, (handle) => {
    if (handle) read.push(handle)
    return handle
  })
  return read
}

/** A backend whose operations refuse what does not fit before they touch any memory. */
export function checked<Kind extends Backend>(backend: Kind): Kind {
  const guarded = operationNames.map((name) => {
    const run = backend[name] as Call
    const check = operations[name].check as Call
    return [
      name,
      (...args: unknown[]) => {
        check(...args)
        return run(...args)
      },
    ]
  })
  return { ...backend, ...Object.fromEntries(guarded) }
}
