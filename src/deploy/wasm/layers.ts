import { f32x4, i32, i32x4, type Local, neuronStep, type Value, v128, type Writer, wide } from '../../codegen/index.ts'
import { guardsOf } from '../guards.ts'
import { liveInstructions } from '../live.ts'
import type { ConvStep, LinearStep, NeuronStep, Plan, PoolStep } from '../plan/index.ts'
import {
  addRow,
  append,
  clear,
  type Lanes,
  laneBytes,
  load,
  nonzeros,
  overFloats,
  overList,
  plus,
  store,
  storeCount,
} from './blocks.ts'
import type { Layout } from './layout.ts'

/** Where a layer of weights finds its input: a list, and of what is not spikes the numbers. */
interface Input {
  readonly list: number
  readonly count: number
  readonly values: number | null
}

function inputOf(w: Writer, layout: Layout, from: number): Input {
  if (layout.isSpikes(from)) return { list: layout.list(from), count: layout.count(from), values: null }
  if (from === 0) return { list: layout.base('framed'), count: layout.count(0), values: layout.base('frame') }
  const list = layout.base('found')
  nonzeros(w, layout.numbers(from), layout.size(from), list, layout.count(from))
  return { list, count: layout.count(from), values: layout.numbers(from) }
}

/** Biases everywhere, or zeros. */
function startSums(w: Writer, layout: Layout, step: ConvStep | LinearStep) {
  const { to, bias } = step
  const [out, size] = [layout.numbers(to), layout.size(to)]
  if (!bias) return clear(w, out, 4 * size)
  const row = layout.table(bias)
  const at = w.i32()
  w.for(at, i32.const(out), i32.const(out + 4 * size), i32.const(4 * bias.length), () => {
    overFloats(w, bias.length, (lanes, k, offset) => {
      store(w, lanes, plus(at, k), load(lanes, plus(i32.const(row), k), offset), offset)
    })
  })
}

function valueAt(w: Writer, values: number | null, element: Local): Value | null {
  if (values === null) return null
  return w.wide(wide.loadSplat(i32.add(i32.const(values), i32.shl(element, i32.const(2)))))
}

export function linearLayer(w: Writer, layout: Layout, step: LinearStep): void {
  const [, outputs] = step.weight.shape
  startSums(w, layout, step)
  const weight = layout.weights(step.weight)
  const out = w.i32(i32.const(layout.numbers(step.to)))
  const { list, count, values } = inputOf(w, layout, step.from)
  overList(w, list, i32.load(i32.const(count)), (element) => {
    const row = w.i32(i32.add(i32.const(weight), i32.mul(element, i32.const(4 * outputs))))
    addRow(w, outputs, out, row, valueAt(w, values, element))
  })
}

/** What one axis of a convolution needs. */
interface Axis {
  readonly kernel: number
  readonly stride: number
  readonly padding: number
  readonly dilation: number
  readonly outputs: number
}

/** Every tap of an axis whose window holds a place: calls the body with the tap and the output. */
function overTaps(w: Writer, axis: Axis, at: Value, body: (tap: Local, output: Local) => void): void {
  const { kernel, stride, padding, dilation, outputs } = axis
  const place = w.i32(i32.add(at, i32.const(padding)))
  const tap = w.i32()
  const output = w.i32()
  if (dilation === 1) {
    // Taps are a stride apart, and each further one is one output nearer to the start; unsigned, below 0 is far away.
    w.set(output, i32.div(place, i32.const(stride)))
    w.for(tap, i32.rem(place, i32.const(stride)), i32.const(kernel), i32.const(stride), () => {
      w.if(i32.ltU(output, i32.const(outputs)), () => body(tap, output))
      w.set(output, i32.sub(output, i32.const(1)))
    })
    return
  }
  w.for(tap, i32.const(0), i32.const(kernel), i32.const(1), () => {
    const back = w.i32(i32.mul(tap, i32.const(dilation)))
    w.if(i32.geU(place, back), () => {
      const rest = w.i32(i32.sub(place, back))
      w.set(output, i32.div(rest, i32.const(stride)))
      const fits = i32.eqz(i32.rem(rest, i32.const(stride)))
      w.if(i32.and(fits, i32.ltU(output, i32.const(outputs))), () => body(tap, output))
    })
  })
}

export function convolutionLayer(w: Writer, layout: Layout, plan: Plan, step: ConvStep): void {
  const { from, to, weight, stride, padding, dilation, groups } = step
  const [, width, channels] = plan.values[from].shape
  const [rows, columns] = plan.values[to].shape
  const [kh, kw, groupIn, out] = weight.shape
  startSums(w, layout, step)
  const weights = layout.weights(weight)
  const { list, count, values } = inputOf(w, layout, from)
  const axis = (i: 0 | 1, kernel: number, outputs: number): Axis => {
    return { kernel, stride: stride[i], padding: padding[i], dilation: dilation[i], outputs }
  }
  overList(w, list, i32.load(i32.const(count)), (element) => {
    const channel = w.i32(i32.rem(element, i32.const(channels)))
    const pixel = w.i32(i32.div(element, i32.const(channels)))
    const value = valueAt(w, values, element)
    const group = groups === 1 ? null : w.i32(i32.div(channel, i32.const(groupIn)))
    const within = group ? i32.rem(channel, i32.const(groupIn)) : channel
    const shift = group ? i32.mul(group, i32.const((4 * out) / groups)) : i32.const(0)
    const row0 = w.i32(i32.add(i32.const(weights), plus(i32.mul(within, i32.const(4 * out)), shift)))
    const out0 = w.i32(plus(i32.const(layout.numbers(to)), shift))
    overTaps(w, axis(0, kh, rows), i32.div(pixel, i32.const(width)), (ky, oy) => {
      const rowY = w.i32(i32.add(row0, i32.mul(ky, i32.const(4 * kw * groupIn * out))))
      const outY = w.i32(i32.add(out0, i32.mul(oy, i32.const(4 * columns * out))))
      overTaps(w, axis(1, kw, columns), i32.rem(pixel, i32.const(width)), (kx, ox) => {
        const row = w.i32(i32.add(rowY, i32.mul(kx, i32.const(4 * groupIn * out))))
        const place = w.i32(i32.add(outY, i32.mul(ox, i32.const(4 * out))))
        addRow(w, out / groups, place, row, value)
      })
    })
  })
}

/** A number a channel, for groups of neighbours: the channels as they are, or repeated for every neuron. */
function channelTable(layout: Layout, values: Float64Array, size: number): { at: number; period: number } {
  const period = values.length % 4 === 0 ? values.length : size
  return { at: layout.table(Float64Array.from({ length: period }, (_, i) => values[i % values.length])), period }
}

export function neuronLayer(w: Writer, layout: Layout, step: NeuronStep): void {
  const { neuron, scale, shift, parameters, firstState, from, to } = step
  const { program } = neuron
  const size = layout.size(to)
  const wanted = liveInstructions(program)
  const rows = new Map<string, { at: number; period: number }>()
  const table = (name: string, values: Float64Array | null) => {
    if (values && values.length > 1) rows.set(name, channelTable(layout, values, size))
  }
  table('scale', scale)
  table('shift', shift)
  parameters.forEach((values, k) => table(`${k}`, values))
  // All tables of a layer have the same channels.
  const period = Math.max(1, ...[...rows.values()].map((row) => row.period))
  const at = w.i32(i32.const(0))
  const channel = w.i32(i32.const(0))
  const end = w.i32(i32.const(program.spiking ? layout.list(to) : 0))
  const group = (lanes: Lanes, vectors: number) => {
    const offsets = Array.from({ length: vectors }, (_, v) => 16 * v)
    const from4 = (base: number) => {
      const address = w.i32(i32.add(i32.const(base), at))
      return offsets.map((offset) => w.wide(load(lanes, address, offset)))
    }
    const ofChannels = (name: string, values: Float64Array) => {
      const row = rows.get(name)
      if (!row) return offsets.map(() => w.constant(values[0]))
      const address = w.i32(i32.add(i32.const(row.at), channel))
      return offsets.map((offset) => w.wide(load(lanes, address, offset)))
    }
    let x: readonly Value[] = from4(layout.numbers(from))
    if (scale) x = w.each(x, multiplied(ofChannels('scale', scale)))
    if (shift) x = w.each(x, added(ofChannels('shift', shift)))
    const states = program.states.map((_, k) => from4(layout.state(firstState + k)))
    const learned = new Map(parameters.map((values, k) => [k, ofChannels(`${k}`, values)]))
    const known = neuronStep(w, program, wanted, { x, states, parameters: learned }, guardsOf(program))
    const next = program.states.map((state) => known.get(state.next)!.map((value) => w.wide(value)))
    next.forEach((values, k) => {
      const address = w.i32(i32.add(i32.const(layout.state(firstState + k)), at))
      values.forEach((value, v) => store(w, lanes, address, value, offsets[v]))
    })
    if (program.spiking) spikes(w, known.get(program.instructions[program.output].args[0])!, lanes, at, end)
    else {
      const address = w.i32(i32.add(i32.const(layout.numbers(to)), at))
      known.get(program.output)!.forEach((value, v) => store(w, lanes, address, value, offsets[v]))
    }
    const bytes = lanes === 'all' ? 16 * vectors : laneBytes(lanes)
    w.set(at, i32.add(at, i32.const(bytes)))
    if (rows.size > 0) {
      w.set(channel, i32.add(channel, i32.const(bytes)))
      w.if(i32.geU(channel, i32.const(4 * period)), () => w.set(channel, i32.const(0)))
    }
  }
  const vectors = period % 16 === 0 || rows.size === 0 || period === size ? 4 : 1
  const bytes = 16 * vectors
  const whole = Math.floor((4 * size) / bytes) * bytes
  if (whole > 0) w.while(i32.ltU(at, i32.const(whole)), () => group('all', vectors))
  if (whole < 4 * size) w.while(i32.ltU(at, i32.const(4 * size)), () => group('one', 1))
  if (program.spiking) storeCount(w, layout.count(to), layout.list(to), end)
}

const multiplied = (by: readonly Value[]) => (a: Value, v: number) => f32x4.mul(a, by[v])
const added = (to: readonly Value[]) => (a: Value, v: number) => f32x4.add(a, to[v])

/** Appends the neurons whose spike's argument is not below 0. */
function spikes(w: Writer, over: readonly Value[], lanes: Lanes, at: Local, end: Local): void {
  const first = w.i32(i32.shrU(at, i32.const(2)))
  if (lanes === 'one') {
    const fired = i32x4.lane(0, v128.and(f32x4.ge(over[0], w.constant(0)), w.integerConstant(1)))
    w.if(fired, () => append(w, end, first))
    return
  }
  const masks = w.each(over, (value) => f32x4.ge(value, w.constant(0)))
  const any = masks.reduce<Value>((a, b) => (a === b ? a : v128.or(a, b)), masks[0])
  w.if(v128.anyTrue(any), () => {
    masks.forEach((mask, v) => {
      const bits = w.wide(v128.and(mask, w.integerConstant(4)))
      for (let lane = 0; lane < 4; lane++) {
        // Written always, kept only where it fired.
        w.do(i32.store(end, i32.add(first, i32.const(4 * v + lane))))
        w.set(end, i32.add(end, i32x4.lane(lane, bits)))
      }
    })
  })
}

export function poolLayer(w: Writer, layout: Layout, plan: Plan, step: PoolStep) {
  if (layout.isSpikes(step.from)) return spikePool(w, layout, plan, step)
  const { from, to, kind, rows, columns, area } = step
  const [, width, channels] = plan.values[from].shape
  const flat = (spans: PoolStep['rows']) => layout.integers(spans.flatMap((span) => [span.from, span.to]))
  const [down, across] = [flat(rows), flat(columns)]
  const out = w.i32(i32.const(layout.numbers(to)))
  const [row, column] = [w.i32(), w.i32()]
  w.for(row, i32.const(down), i32.const(down + 8 * rows.length), i32.const(8), () => {
    const [top, bottom] = [w.i32(i32.load(row)), w.i32(i32.load(row, 4))]
    w.for(column, i32.const(across), i32.const(across + 8 * columns.length), i32.const(8), () => {
      const [left, right] = [w.i32(i32.load(column)), w.i32(i32.load(column, 4))]
      const pixels = i32.mul(i32.sub(bottom, top), i32.sub(right, left))
      const covered = f32x4.fromInteger(i32x4.splatWide(pixels))
      const share = w.wide(area === null ? f32x4.div(w.constant(1), covered) : w.constant(1 / area))
      const start = w.i32(i32.mul(i32.add(i32.mul(top, i32.const(width)), left), i32.const(4 * channels)))
      overFloats(w, channels, (lanes, c, offset) => {
        const source = w.i32(i32.add(i32.const(layout.numbers(from)), plus(start, c)))
        const found = w.wide(kind === 'max' ? load(lanes, source, offset) : w.constant(0))
        const [y, x] = [w.i32(), w.i32()]
        w.for(y, top, bottom, i32.const(1), () => {
          const place = w.i32(i32.add(source, i32.mul(i32.sub(y, top), i32.const(4 * width * channels))))
          w.for(x, left, right, i32.const(1), () => {
            const value = w.wide(load(lanes, place, offset))
            w.set(found, kind === 'max' ? f32x4.max(found, value) : f32x4.add(found, value))
            w.set(place, i32.add(place, i32.const(4 * channels)))
          })
        })
        store(w, lanes, plus(out, c), kind === 'max' ? found : f32x4.mul(found, share), offset)
      })
      w.set(out, i32.add(out, i32.const(4 * channels)))
    })
  })
}

/** A pool that goes from spike to spike. */
function spikePool(w: Writer, layout: Layout, plan: Plan, { from, to, kind, window, area }: PoolStep): void {
  if (!window) throw new Error('a pool of spikes without windows')
  const { kernel, stride, padding } = window
  const [, width, channels] = plan.values[from].shape
  const [rows, columns] = plan.values[to].shape
  const marks = layout.base('marks')
  const end = w.i32(i32.const(kind === 'max' ? layout.list(to) : 0))
  if (kind === 'average') clear(w, layout.numbers(to), 4 * layout.size(to))
  const axis = (i: 0 | 1, outputs: number): Axis => {
    return { kernel: kernel[i], stride: stride[i], padding: padding[i], dilation: 1, outputs }
  }
  overList(w, layout.list(from), i32.load(i32.const(layout.count(from))), (element) => {
    const channel = w.i32(i32.rem(element, i32.const(channels)))
    const pixel = w.i32(i32.div(element, i32.const(channels)))
    overTaps(w, axis(0, rows), i32.div(pixel, i32.const(width)), (_, oy) => {
      const line = w.i32(i32.mul(oy, i32.const(columns)))
      overTaps(w, axis(1, columns), i32.rem(pixel, i32.const(width)), (_tap, ox) => {
        const place = w.i32(i32.add(i32.mul(i32.add(line, ox), i32.const(channels)), channel))
        if (kind === 'average') {
          const address = w.i32(i32.add(i32.const(layout.numbers(to)), i32.shl(place, i32.const(2))))
          store(w, 'one', address, f32x4.add(load('one', address), w.constant(1 / area!)))
          return
        }
        const mark = w.i32(i32.add(i32.const(marks), place))
        w.if(i32.eqz(i32.load8U(mark)), () => {
          w.do(i32.store8(mark, i32.const(1)))
          append(w, end, place)
        })
      })
    })
  })
  if (kind === 'average') return
  storeCount(w, layout.count(to), layout.list(to), end)
  unmark(w, marks, layout.list(to), i32.load(i32.const(layout.count(to))))
}

function unmark(w: Writer, marks: number, list: number, count: Value): void {
  overList(w, list, count, (element) => w.do(i32.store8(i32.add(i32.const(marks), element), i32.const(0))))
}

/** Spikes that both have; b may be a single place. */
export function bothSpikes(w: Writer, layout: Layout, a: number, b: number, to: number): void {
  const marks = layout.base('marks')
  const ofB = { list: layout.list(b), count: i32.load(i32.const(layout.count(b))) }
  overList(w, ofB.list, ofB.count, (element) => w.do(i32.store8(i32.add(i32.const(marks), element), i32.const(1))))
  const end = w.i32(i32.const(layout.list(to)))
  overList(w, layout.list(a), i32.load(i32.const(layout.count(a))), (element) => {
    const place = i32.add(i32.const(marks), i32.rem(element, i32.const(layout.size(b))))
    w.if(i32.load8U(place), () => append(w, end, element))
  })
  storeCount(w, layout.count(to), layout.list(to), end)
  unmark(w, marks, ofB.list, ofB.count)
}

/** a * b of numbers, b perhaps a single place. */
export function multiplyValues(w: Writer, layout: Layout, a: number, b: number, to: number): void {
  const row = layout.size(b)
  const [at, place, out] = [w.i32(), w.i32(), w.i32()]
  const first = layout.numbers(a)
  w.for(at, i32.const(0), i32.const(4 * layout.size(a)), i32.const(4 * row), () => {
    w.set(place, i32.add(i32.const(first), at))
    w.set(out, i32.add(i32.const(layout.numbers(to)), at))
    overFloats(w, row, (lanes, k, offset) => {
      const value = f32x4.mul(
        load(lanes, plus(place, k), offset),
        load(lanes, plus(i32.const(layout.numbers(b)), k), offset),
      )
      store(w, lanes, plus(out, k), value, offset)
    })
  })
}

/** x * scale + shift by channel. */
export function scaleShift(
  w: Writer,
  layout: Layout,
  from: number,
  to: number,
  scale: Float64Array,
  shift: Float64Array,
): void {
  const [factors, terms] = [layout.table(scale), layout.table(shift)]
  const [at, place, out] = [w.i32(), w.i32(), w.i32()]
  w.for(at, i32.const(0), i32.const(4 * layout.size(to)), i32.const(4 * scale.length), () => {
    w.set(place, i32.add(i32.const(layout.numbers(from)), at))
    w.set(out, i32.add(i32.const(layout.numbers(to)), at))
    overFloats(w, scale.length, (lanes, k, offset) => {
      const factor = load(lanes, plus(i32.const(factors), k), offset)
      const term = load(lanes, plus(i32.const(terms), k), offset)
      store(w, lanes, plus(out, k), f32x4.add(f32x4.mul(load(lanes, plus(place, k), offset), factor), term), offset)
    })
  })
}
