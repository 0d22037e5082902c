import { type Shape, sizeOf } from '../../base/index.ts'
import {
  neuronArguments,
  neuronBackward,
  neuronForward,
  neuronsTogether,
  normalisationGradient,
  normalisationGradientArguments,
  scratchRowBytes,
  wordsOf,
} from '../../codegen/index.ts'
import {
  hasChannels,
  hasNeurons,
  hasSteps,
  type LearnableParameter,
  type Neuron,
  type NoiseRun,
  noiseKeys,
  noisePlaces,
} from '../../equations/index.ts'
import type { Handle, NeuronCall, NeuronGradients, NeuronResult, RankSums, SavedNeuron } from '../backend.ts'
import type { Machine } from './machine.ts'
import { type Statistics, statisticsOf } from './normalisation.ts'
import type { WasmTensor } from './tensors.ts'

/** Neurons that one task covers, about: small enough to balance threads, large enough to pay its start. */
const neuronsPerTask = 8192

class SavedStatistics implements SavedNeuron {
  readonly handles: readonly Handle[] = []
  readonly statistics: Statistics | null

  constructor(statistics: Statistics | null) {
    this.statistics = statistics
  }
}

/** Sizes that both directions share. */
interface Layout {
  readonly channels: number
  /** Neurons. */
  readonly count: number
  readonly period: number
  readonly chunk: number
  readonly tasks: number
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

function layoutOf(m: Machine, x: WasmTensor): Layout {
  const channels = x.shape[x.shape.length - 1]
  const count = x.size / x.shape[0]
  const together = neuronsTogether(m.lanes)
  const period = (channels / greatestCommonDivisor(channels, together)) * together
  const chunk = Math.max(1, Math.floor(neuronsPerTask / period)) * period
  return { channels, count, period, chunk, tasks: Math.ceil(count / chunk) }
}

/** A name for the kernel of a neuron: everything that its code depends on. */
function kernelName(m: Machine, neuron: Neuron, direction: string, normalised: boolean, noisy: boolean): string {
  let code = m.neuronNames.get(neuron)
  if (!code) {
    const { program, adjoint } = neuron
    const start = program.states.map((s) => [s.start, s.next])
    const scopes = program.parameters.map((p) => p.scope)
    code = JSON.stringify([program.instructions, start, scopes, program.output, program.window ?? null, adjoint])
    m.neuronNames.set(neuron, code)
  }
  return `neuron ${direction} ${normalised ? 'normalised' : 'plain'}${noisy ? ' noisy' : ''} ${code}`
}

/** Tables of one kernel call in scratch memory, rows of `period` floats. */
class Tables {
  private readonly rows: Float32Array[] = []
  private readonly layout: Layout
  private length = 0

  constructor(layout: Layout) {
    this.layout = layout
  }

  /** Adds rows of [rows, channels] values, each repeated to the period; gives their offset in bytes. */
  add(values: Float32Array): number {
    const { period, channels } = this.layout
    const offset = 4 * this.length
    for (let at = 0; at < values.length; at += channels) {
      const row = values.subarray(at, at + channels)
      for (let i = 0; i < period; i += channels) this.rows.push(row)
      this.length += period
    }
    return offset
  }

  /** Adds values as they are, several times one after another; gives their offset in bytes. */
  repeat(values: Float32Array, times: number): number {
    const offset = 4 * this.length
    for (let i = 0; i < times; i++) this.rows.push(values)
    this.length += values.length * times
    return offset
  }

  get bytes(): number {
    return 4 * Math.max(1, this.length)
  }

  write(m: Machine, address: number): void {
    let at = address
    for (const row of this.rows) {
      m.writeFloats(at, row)
      at += 4 * row.length
    }
  }
}

/** Offsets of a call's tables, and their steps in bytes. */
function callTables(m: Machine, layout: Layout, call: NeuronCall, statistics: Statistics | null) {
  const tables = new Tables(layout)
  const { channels } = layout
  const n = call.normalisation
  let normalised = { scale: 0, shift: 0, mean: 0, step: 0 }
  if (n && statistics) {
    const weight = m.tensors.floats(m.tensors.of(n.weight))
    const bias = m.tensors.floats(m.tensors.of(n.bias))
    const { rows, mean, inverseDeviation } = statistics
    const [scales, shifts] = [0, 1].map(() => new Float32Array(mean.length))
    for (let i = 0; i < mean.length; i++) {
      const c = i % channels
      const scale = weight[c] * inverseDeviation[i]
      scales[i] = scale
      shifts[i] = bias[c] - mean[i] * scale
    }
    normalised = {
      scale: tables.add(scales),
      shift: tables.add(shifts),
      mean: tables.add(Float32Array.from(mean)),
      step: rows > 1 ? 4 * layout.period : 0,
    }
  }
  const parameters = call.neuron.program.parameters.map((parameter, i) => {
    const values = m.tensors.floats(m.tensors.of(call.parameters[i]))
    if (hasNeurons(parameter)) {
      return { offset: tables.repeat(values.slice(), layout.count / values.length), step: 0 }
    }
    const steps = hasSteps(parameter) ? call.T : 1
    const ofRow = (row: number) => new Float32Array(channels).fill(values[row])
    const each = Array.from({ length: hasChannels(parameter) ? 0 : steps }, (_, row) => tables.add(ofRow(row)))
    const offset = hasChannels(parameter) ? tables.add(values.slice(0, steps * channels)) : each[0]
    return { offset, step: hasSteps(parameter) ? 4 * layout.period : 0 }
  })
  return { tables, normalised, parameters }
}

/** Whether the numbers of `noise()` are wanted. */
const isNoisy = ({ neuron, noise }: NeuronCall): boolean => {
  return Boolean(noise) && noisePlaces(neuron.program.instructions) > 0
}

/** Runs `work` with the address of what `noise()` is drawn from; 0 where it is not drawn. */
function withNoise<R>(m: Machine, call: NeuronCall, work: (address: number) => R): R {
  if (!isNoisy(call)) return work(0)
  const words = noiseWords(neuronsTogether(m.lanes), call.neuron, call.T, call.noise as NoiseRun)
  return m.scratch(4 * words.length, (address) => {
    m.writeWords(address, words)
    return work(address)
  })
}

/** Numbers of a group's lanes, then two words for each step and draw. */
function noiseWords(together: number, { program }: Neuron, T: number, noise: NoiseRun): number[] {
  const places = noisePlaces(program.instructions)
  const keys = Array.from({ length: T * places }, (_, k) =>
    noiseKeys(noise, Math.floor(k / places), k % places, places),
  )
  return [...Array.from({ length: together }, (_, i) => i), ...keys.flat()]
}

/** Argument words by name, in the kernel's order. */
function argumentWords(
  neuron: Neuron,
  direction: 'forward' | 'backward',
  given: ReadonlyMap<string, number>,
): number[] {
  return [...neuronArguments(neuron, direction).keys()].slice(1).map((name) => {
    const value = given.get(name)
    if (value === undefined) throw new Error(`neuron kernel argument ${name} is missing`)
    return value
  })
}

function commonWords(x: WasmTensor, output: WasmTensor, layout: Layout, call: NeuronCall): [string, number][] {
  return [
    ['M', 4 * layout.count],
    ['T', call.T],
    ['chunk', 4 * layout.chunk],
    ['period', 4 * layout.period],
    ['x', x.address],
    ['xStep', x.shape[0] === 1 ? 0 : 4 * layout.count],
    ['output', output.address],
  ]
}

function tableWords(address: number, tables: ReturnType<typeof callTables>): [string, number][] {
  const { normalised, parameters } = tables
  return [
    ['scale', address + normalised.scale],
    ['shift', address + normalised.shift],
    ['mean', address + normalised.mean],
    ['tableStep', normalised.step],
    ...parameters.flatMap(({ offset, step }, i): [string, number][] => [
      [`parameter${i}`, address + offset],
      [`parameterStep${i}`, step],
    ]),
  ]
}

export function runNeuron(m: Machine, x: WasmTensor, call: NeuronCall): NeuronResult {
  const { neuron } = call
  const layout = layoutOf(m, x)
  const shape = [call.T, ...x.shape.slice(1)]
  const statistics = call.normalisation ? statisticsOf(m, x, call.T, call.normalisation) : null
  const { levels } = neuron.program
  const kind = levels === 0 ? 'dense' : levels === 1 ? 'spikes' : 'counts'
  const output = m.tensors.make(kind, shape, 1, Math.max(1, levels))
  const state = call.wantState ? neuron.program.states.map(() => m.tensors.make('dense', x.shape.slice(1))) : null
  const tables = callTables(m, layout, call, statistics)
  const room = (work: (address: number, noise: number) => void) =>
    m.scratch(tables.tables.bytes, (address) => withNoise(m, call, (noise) => work(address, noise)))
  room((address, noise) => {
    tables.tables.write(m, address)
    const given = new Map([
      ...commonWords(x, output, layout, call),
      ...tableWords(address, tables),
      ['noise', noise] as [string, number],
      ...neuron.program.states.flatMap((_, i): [string, number][] => [
        [`stateIn${i}`, call.state ? m.tensors.of(call.state[i]).address : 0],
        [`stateOut${i}`, state ? state[i].address : 0],
      ]),
    ])
    const normalised = statistics !== null
    const noisy = isNoisy(call)
    const name = kernelName(m, neuron, 'forward', normalised, noisy)
    m.run(
      m.vectorKernel(m.lanes, name, neuronForward, { neuron, normalised, relaxed: m.relaxed, noisy }),
      layout.tasks,
      argumentWords(neuron, 'forward', given),
    )
  })
  return { output, state, saved: call.wantBackward ? new SavedStatistics(statistics) : null }
}

/** Tables of partial sums that every task writes for itself: their places within a task's room. */
function partialLayout(layout: Layout, call: NeuronCall, sumRows: number) {
  const rowBytes = 4 * layout.period
  let bytes = 2 * sumRows * rowBytes
  const parameters = call.neuron.program.parameters.map((parameter) => {
    if (hasNeurons(parameter)) return { offset: 0, rows: 0 }
    const rows = hasSteps(parameter) ? call.T : 1
    const offset = bytes
    bytes += rows * rowBytes
    return { offset, rows }
  })
  return { bytes, dotOffset: sumRows * rowBytes, parameters }
}

/** Sums a table over the tasks, and over the repetitions of the channels: [rows][channels], float64. */
function sumPartials(
  m: Machine,
  layout: Layout,
  partials: number,
  bytes: number,
  offset: number,
  rows: number,
): Float64Array {
  const { period, channels, tasks } = layout
  const sums = new Float64Array(rows * channels)
  const floats = m.crew.view.f32
  for (let task = 0; task < tasks; task++) {
    const from = (partials + task * bytes + offset) / 4
    for (let row = 0; row < rows; row++) {
      for (let repeat = from + row * period; repeat < from + (row + 1) * period; repeat += channels) {
        for (let c = 0; c < channels; c++) sums[row * channels + c] += floats[repeat + c]
      }
    }
  }
  return sums
}

/** Runs `work` with rooms of zeros for the gradients of parameters that each neuron has its own of; null for all others. */
function withNeuronGradients<R>(
  m: Machine,
  { count }: Layout,
  parameters: readonly LearnableParameter[],
  work: (rooms: readonly (number | null)[]) => R,
): R {
  const whole = parameters.filter(hasNeurons).length
  if (whole === 0) return work(parameters.map(() => null))
  return m.scratch(4 * count * whole, (address) => {
    m.crew.view.f32.fill(0, address / 4, address / 4 + count * whole)
    let taken = 0
    return work(parameters.map((parameter) => (hasNeurons(parameter) ? address + 4 * count * taken++ : null)))
  })
}

/** Sums [N, P] over N, float64. */
function sumSamples(m: Machine, address: number, count: number, size: number): Float64Array {
  const sums = new Float64Array(size)
  const floats = m.crew.view.f32.subarray(address / 4, address / 4 + count)
  for (let i = 0; i < count; i++) sums[i % size] += floats[i]
  return sums
}

function parameterGradient(m: Machine, sums: Float64Array, parameter: LearnableParameter, frame: Shape): WasmTensor {
  if (hasNeurons(parameter)) {
    const made = m.tensors.make('dense', frame)
    m.tensors.floats(made).set(sums)
    return made
  }
  const channels = frame[frame.length - 1]
  const rows = sums.length / channels
  if (hasChannels(parameter)) {
    const made = m.tensors.make('dense', hasSteps(parameter) ? [rows, channels] : [channels])
    m.tensors.floats(made).set(sums)
    return made
  }
  const made = m.tensors.make('dense', [rows])
  const values = m.tensors.floats(made)
  for (let row = 0; row < rows; row++) {
    let sum = 0
    for (let c = 0; c < channels; c++) sum += sums[row * channels + c]
    values[row] = sum
  }
  return made
}

/** Adds two arrays up over the ranks, in place, in one message. */
function sumBoth(ranks: RankSums, a: Float64Array, b: Float64Array): void {
  const message = Float64Array.from([...a, ...b])
  ranks.sum(message)
  a.set(message.subarray(0, a.length))
  b.set(message.subarray(a.length))
}

/** Turns dL/d(normalised x) in `g` into dL/dx, in place, and gives the gradients of scale and shift. */
function normalisationBackward(
  m: Machine,
  layout: Layout,
  x: WasmTensor,
  g: WasmTensor,
  call: NeuronCall,
  statistics: Statistics,
  sums: Float64Array,
  dots: Float64Array,
) {
  const n = call.normalisation!
  const { channels, period, count } = layout
  const { rows, mean, inverseDeviation, count: over } = statistics
  const gamma = m.tensors.floats(m.tensors.of(n.weight)).slice()
  const weight = m.tensors.make('dense', [channels])
  const bias = m.tensors.make('dense', [channels])
  const weightSums = new Float64Array(channels)
  const biasSums = new Float64Array(channels)
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < channels; c++) {
      const i = row * channels + c
      weightSums[c] += dots[i] * inverseDeviation[i]
      biasSums[c] += sums[i]
    }
  }
  m.tensors.floats(weight).set(weightSums)
  m.tensors.floats(bias).set(biasSums)
  // From here on what matters is how all samples moved the statistics; gradients of scale and shift are the own part.
  if (n.training && n.ranks) sumBoth(n.ranks, sums, dots)
  const [factors, slopes, offsets] = [0, 1, 2].map(() => new Float32Array(rows * channels))
  for (let i = 0; i < factors.length; i++) {
    const deviation = inverseDeviation[i]
    const factor = gamma[i % channels] * deviation
    factors[i] = factor
    if (!n.training || n.ranks?.counts === false) continue // what stands in for nothing has moved no statistics
    const slope = (-factor * deviation * deviation * dots[i]) / over
    slopes[i] = slope
    offsets[i] = -factor * (sums[i] / over) - slope * mean[i]
  }
  const tables = new Tables(layout)
  const [factorAt, slopeAt, offsetAt] = [factors, slopes, offsets].map((values) => tables.add(values))
  const rowsPerTask = Math.max(1, Math.floor(neuronsPerTask / period))
  m.scratch(tables.bytes, (address) => {
    tables.write(m, address)
    const tasksPerStep = Math.ceil(count / (rowsPerTask * period))
    m.run(
      m.vectorKernel(m.lanes, 'normalisation gradient', normalisationGradient),
      x.shape[0] * tasksPerStep,
      wordsOf(normalisationGradientArguments, {
        tasksPerStep,
        rowsPerTask,
        count,
        period,
        x: x.address,
        gradient: g.address,
        factor: address + factorAt,
        slope: address + slopeAt,
        offset: address + offsetAt,
        tableStep: rows > 1 ? 4 * period : 0,
      }),
    )
  })
  return { weight, bias }
}

export function runNeuronBackward(
  m: Machine,
  x: WasmTensor,
  output: WasmTensor,
  saved: SavedNeuron,
  gradient: WasmTensor,
  stateGradient: readonly WasmTensor[] | null,
  call: NeuronCall,
): NeuronGradients {
  const { neuron } = call
  const { program, adjoint } = neuron
  const { statistics } = saved as SavedStatistics
  const layout = layoutOf(m, x)
  const input = m.tensors.make('dense', x.shape)
  const state = call.state ? program.states.map(() => m.tensors.make('dense', x.shape.slice(1))) : null
  const sumRows = statistics ? statistics.rows : 1
  const partial = partialLayout(layout, call, sumRows)
  const tables = callTables(m, layout, call, statistics)
  const scratchBytes = call.T * scratchRowBytes(program, adjoint, m.lanes)
  const normalised = statistics !== null
  const sums = m.scratch(tables.tables.bytes, (address) => {
    tables.tables.write(m, address)
    return m.scratch(m.crew.threads * scratchBytes, (scratch) =>
      m.scratch(layout.tasks * partial.bytes, (partials) =>
        withNeuronGradients(m, layout, program.parameters, (whole) =>
          withNoise(m, call, (noise) => {
            const given = new Map([
              ...commonWords(x, output, layout, call),
              ...tableWords(address, tables),
              ['noise', noise] as [string, number],
              ...program.states.flatMap((_, i): [string, number][] => [
                [`stateIn${i}`, call.state ? m.tensors.of(call.state[i]).address : 0],
                [`stateGradientIn${i}`, stateGradient ? stateGradient[i].address : 0],
                [`stateGradientOut${i}`, state ? state[i].address : 0],
              ]),
              ...partial.parameters.flatMap(({ offset, rows }, i): [string, number][] => [
                [`partialOffset${i}`, whole[i] ?? offset],
                [`partialStep${i}`, rows > 1 ? 4 * layout.period : 0],
              ]),
              ['gradient', gradient.address],
              ['reach', call.truncation?.k ?? 0],
              ['inputGradient', input.address],
              ['inputGradientStep', x.shape[0] === 1 ? 0 : 4 * layout.count],
              ['scratch', scratch],
              ['scratchBytes', scratchBytes],
              ['partials', partials],
              ['partialBytes', partial.bytes],
              ['dotOffset', partial.dotOffset],
              ['sumStep', sumRows > 1 ? 4 * layout.period : 0],
            ])
            const kind = call.truncation?.kind ?? null
            const noisy = isNoisy(call)
            const name = kernelName(m, neuron, kind ? `backward ${kind}` : 'backward', normalised, noisy)
            const options = { neuron, normalised, relaxed: m.relaxed, noisy, truncation: kind }
            m.run(
              m.vectorKernel(m.lanes, name, neuronBackward, options),
              layout.tasks,
              argumentWords(neuron, 'backward', given),
            )
            const total = (offset: number, rows: number) =>
              sumPartials(m, layout, partials, partial.bytes, offset, rows)
            return {
              input: statistics ? total(0, sumRows) : null,
              dots: statistics ? total(partial.dotOffset, sumRows) : null,
              parameters: partial.parameters.map(({ offset, rows }, i) => {
                const at = whole[i]
                return at === null ? total(offset, rows) : sumSamples(m, at, layout.count, sizeOf(x.shape.slice(2)))
              }),
            }
          }),
        ),
      ),
    )
  })
  return {
    input,
    state,
    parameters: program.parameters.map((parameter, i) =>
      parameterGradient(m, sums.parameters[i], parameter, x.shape.slice(2)),
    ),
    normalisation:
      statistics && sums.input && sums.dots
        ? normalisationBackward(m, layout, x, input, call, statistics, sums.input, sums.dots)
        : null,
  }
}
