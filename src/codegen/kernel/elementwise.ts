import { fourValues, spikeBitsOf, type ValueKind } from './spike-bytes.ts'
import { fourBytes, n, overTasks, readArguments, times4 } from './tasks.ts'
import { f32, f32x4, f64, f64x2, i8x16, i16x8, i32, i32x4, type Local, type Value, v128, wide } from './value.ts'
import { assemble, type Target, type Writer } from './writer.ts'

/** Values that one task of an element-wise kernel covers. */
export const elementsPerTask = 16384

/** Four values of an array of any kind. */
function loadFour(w: Writer, source: ValueKind, base: Local, i: Local, scale: Value): Value {
  if (source === 'dense') return v128.load(i32.add(base, times4(i)))
  return fourValues(w, source, i32.add(base, i), scale)
}

/**
 * Element-wise kernels go in steps of four values and may touch up to three values past the end, which lie in the slack
 * of the block that holds the array.
 */
function overElements(w: Writer, counter: number, tasks: Value, count: Local, body: (i: Local) => void): void {
  const i = w.i32()
  const end = w.i32()
  overTasks(w, counter, tasks, (task) => {
    w.set(i, i32.mul(task, n(elementsPerTask)))
    w.set(end, i32.add(i, n(elementsPerTask)))
    w.if(i32.gtU(end, count), () => w.set(end, count))
    w.for(i, i, end, n(4), () => body(i))
  })
}

/** target = a factorA + b factorB, each of any kind. Arguments: tasks, count, a, b, target, factorA, factorB. */
export function combine(target: Target, counter: number, kindA: ValueKind, kindB: ValueKind | 'none') {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'count', 'a', 'b', 'target'])
    const factorA = w.v128(f32x4.splat(f32.load(args, 20)))
    const factorB = w.v128(f32x4.splat(f32.load(args, 24)))
    overElements(w, counter, a.tasks, a.count, (i) => {
      // A dense operand with factor 1 stays exact under the multiplication.
      const operand = (kind: ValueKind, base: Local, factor: Local): Value => {
        const values = loadFour(w, kind, base, i, factor)
        return kind === 'dense' ? f32x4.mul(values, factor) : values
      }
      const left = operand(kindA, a.a, factorA)
      const sum = kindB === 'none' ? left : f32x4.add(left, operand(kindB, a.b, factorB))
      w.do(v128.store(i32.add(a.target, times4(i)), sum))
    })
  })
}

/** 32-bit mixer of base/random.ts on four neighbouring indices. */
function hashFour(w: Writer, index: Value, key: Value): Local {
  const h = w.v128(
    i32x4.add(i32x4.mul(index, i32x4.const(2654435761 | 0)), i32x4.splat(i32.mul(key, n(2246822519 | 0)))),
  )
  w.set(h, v128.xor(h, i32x4.shrU(h, n(16))))
  w.set(h, i32x4.mul(h, i32x4.const(0x85ebca6b | 0)))
  w.set(h, v128.xor(h, i32x4.shrU(h, n(13))))
  w.set(h, i32x4.mul(h, i32x4.const(0xc2b2ae35 | 0)))
  w.set(h, v128.xor(h, i32x4.shrU(h, n(16))))
  return h
}

/** Dropout of one time step. Arguments: tasks, count, source, target, key, limit (p 2^32 as unsigned), factor. */
export function dropout(target: Target, counter: number, kind: 'dense' | 'spikes') {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'count', 'source', 'target', 'key', 'limit'])
    const factor = w.v128(f32x4.splat(f32.load(args, 24)))
    const sign = i32x4.const(-0x80000000)
    const limit = w.v128(v128.xor(i32x4.splat(a.limit), sign))
    overElements(w, counter, a.tasks, a.count, (i) => {
      const index = w.v128(i32x4.add(i32x4.splat(i), i32x4.constLanes(0, 1, 2, 3)))
      const dropped = w.v128(i32x4.gtS(limit, v128.xor(hashFour(w, index, a.key), sign)))
      if (kind === 'dense') {
        const kept = v128.andnot(f32x4.mul(v128.load(i32.add(a.source, times4(i))), factor), dropped)
        w.do(v128.store(i32.add(a.target, times4(i)), kept))
      } else {
        const mask = w.v128(v128.andnot(i32x4.const(255), dropped))
        const narrow = w.v128(i8x16.narrowU(i16x8.narrowU(mask, mask), mask))
        w.do(v128.store32(i32.add(a.target, i), v128.and(v128.load32Zero(i32.add(a.source, i)), narrow)))
      }
    })
  })
}

/** Arguments: tasks, count, parameter, gradient, velocity (0: none), learningRate, momentum, weightDecay, nesterov (0 or 1). */
export function sgd(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'count', 'parameter', 'gradient', 'velocity'])
    const [rate, momentum, decay, nesterov] = [20, 24, 28, 32].map((at) => w.v128(f32x4.splat(f32.load(args, at))))
    overElements(w, counter, a.tasks, a.count, (i) => {
      const place = w.i32(i32.add(a.parameter, times4(i)))
      const p = w.v128(v128.load(place))
      const g = w.v128(f32x4.add(v128.load(i32.add(a.gradient, times4(i))), f32x4.mul(decay, p)))
      w.if(i32.ne(a.velocity, n(0)), () => {
        const at = w.i32(i32.add(a.velocity, times4(i)))
        const velocity = w.v128(f32x4.add(f32x4.mul(momentum, v128.load(at)), g))
        w.do(v128.store(at, velocity))
        const ahead = w.v128(f32x4.add(g, f32x4.mul(momentum, velocity)))
        w.set(g, v128.select(ahead, velocity, f32x4.gt(nesterov, f32x4.const(0))))
      })
      w.do(v128.store(place, f32x4.sub(p, f32x4.mul(rate, g))))
    })
  })
}

/**
 * Arguments: tasks, count, parameter, gradient, first, second, keep (1 - learningRate weightDecay), beta1, beta2, stepSize
 * (learningRate / bias correction 1), secondCorrection (1 / sqrt(bias correction 2)), eps, 1 - beta1, 1 - beta2 (which
 * float32 betas would give 1e-5 off).
 */
export function adamW(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'count', 'parameter', 'gradient', 'first', 'second'])
    const [keep, beta1, beta2, stepSize, correction, eps, new1, new2] = [24, 28, 32, 36, 40, 44, 48, 52].map((at) =>
      w.v128(f32x4.splat(f32.load(args, at))),
    )
    overElements(w, counter, a.tasks, a.count, (i) => {
      const g = w.v128(v128.load(i32.add(a.gradient, times4(i))))
      const [p, m, v] = [a.parameter, a.first, a.second].map((base) => w.i32(i32.add(base, times4(i))))
      const first = w.v128(f32x4.add(f32x4.mul(beta1, v128.load(m)), f32x4.mul(new1, g)))
      const squared = f32x4.mul(f32x4.mul(new2, g), g)
      const second = w.v128(f32x4.add(f32x4.mul(beta2, v128.load(v)), squared))
      w.do(v128.store(m, first))
      w.do(v128.store(v, second))
      const denominator = f32x4.add(f32x4.mul(f32x4.sqrt(second), correction), eps)
      const step = f32x4.mul(stepSize, f32x4.div(first, denominator))
      w.do(v128.store(p, f32x4.sub(f32x4.mul(v128.load(p), keep), step)))
    })
  })
}

/** Sum of squares of each task's values, float64. Arguments: tasks, count, source, target. `count` is exact: a tail is summed singly. */
export function sumOfSquares(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'count', 'source', 'target'])
    const [i, end] = [w.i32(), w.i32()]
    const total = w.local('f64')
    overTasks(w, counter, a.tasks, (task) => {
      w.set(i, i32.mul(task, n(elementsPerTask)))
      w.set(end, i32.add(i, n(elementsPerTask)))
      w.if(i32.gtU(end, a.count), () => w.set(end, a.count))
      const sum = w.v128(f64x2.const(0))
      w.while(i32.geU(i32.sub(end, i), n(2)), () => {
        const x = w.v128(f64x2.promoteLow(v128.load64Zero(i32.add(a.source, times4(i)))))
        w.set(sum, f64x2.add(sum, f64x2.mul(x, x)))
        w.set(i, i32.add(i, n(2)))
      })
      w.set(total, f64.add(f64x2.lane(0, sum), f64x2.lane(1, sum)))
      w.while(i32.ltU(i, end), () => {
        const x = w.local('f64')
        w.set(x, f64.promote(f32.load(i32.add(a.source, times4(i)))))
        w.set(total, f64.add(total, f64.mul(x, x)))
        w.set(i, i32.add(i, n(1)))
      })
      w.do(f64.store(i32.add(a.target, i32.shl(task, n(3))), total))
    })
  })
}

export const normalisationGradientArguments = [
  'tasks',
  'tasksPerStep',
  'rowsPerTask',
  'count',
  'period',
  'x',
  'gradient',
  'factor',
  'slope',
  'offset',
  'tableStep',
] as const

/**
 * Second pass of BatchNorm's gradient, in place: g = g * factor + x * slope + offset, per step and channel. A step has
 * `count` values, read as rows of `period`; its tables have `period` floats and lie `tableStep` bytes behind the last step's.
 */
export function normalisationGradient(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, normalisationGradientArguments)
    const [step, row, end, column, limit, x, g, tables] = Array.from({ length: 8 }, () => w.i32())
    const periodBytes = w.i32(times4(a.period))
    const bytes = w.i32(times4(a.count))
    const apply = (load: (address: Value) => Value, store: (address: Value, value: Value) => Value): void => {
      const table = (base: Local) => wide.load(i32.add(i32.add(base, tables), column))
      const at = w.i32(i32.add(g, column))
      const scaled = f32x4.mul(load(at), table(a.factor))
      const sloped = f32x4.mul(load(i32.add(x, column)), table(a.slope))
      w.do(store(at, f32x4.add(f32x4.add(scaled, sloped), table(a.offset))))
    }
    overTasks(w, counter, a.tasks, (task) => {
      w.set(step, i32.div(task, a.tasksPerStep))
      w.set(tables, i32.mul(step, a.tableStep))
      w.set(row, i32.sub(task, i32.mul(step, a.tasksPerStep)))
      w.set(row, i32.mul(i32.mul(row, a.rowsPerTask), periodBytes))
      w.set(end, i32.add(row, i32.mul(a.rowsPerTask, periodBytes)))
      w.if(i32.gtU(end, bytes), () => w.set(end, bytes))
      w.set(step, i32.mul(step, bytes))
      w.while(i32.ltU(row, end), () => {
        w.set(x, i32.add(a.x, i32.add(step, row)))
        w.set(g, i32.add(a.gradient, i32.add(step, row)))
        w.set(limit, i32.sub(end, row))
        w.if(i32.gtU(limit, periodBytes), () => w.set(limit, periodBytes))
        w.set(column, n(0))
        w.while(i32.geU(i32.sub(limit, column), n(w.bytes)), () => {
          apply(
            (address) => wide.load(address),
            (address, value) => wide.store(address, value),
          )
          w.set(column, i32.add(column, n(w.bytes)))
        })
        w.while(i32.ltU(column, limit), () => {
          apply(
            (address) => wide.loadOne(address),
            (address, value) => wide.storeOne(address, value),
          )
          w.set(column, i32.add(column, n(4)))
        })
        w.set(row, i32.add(row, periodBytes))
      })
    })
  })
}

/** Sets a gradient to 0 where bit 1 of its input's bytes is not set. Arguments: tasks, count, bytes, gradient. */
export function closeWindows(target: Target, counter: number) {
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'count', 'bytes', 'gradient'])
    overElements(w, counter, a.tasks, a.count, (i) => {
      const bytes = fourBytes(i32.add(a.bytes, i))
      const open = i32x4.eq(v128.and(bytes, i32x4.const(2)), i32x4.const(2))
      const place = w.i32(i32.add(a.gradient, times4(i)))
      w.do(v128.store(place, v128.and(v128.load(place), open)))
    })
  })
}

/** Counts of spikes and of open windows over bytes of that many levels: two i32 per task. Arguments: tasks, count, source, target. */
export function countBits(target: Target, counter: number, levels: number) {
  const spikeBits = spikeBitsOf(levels)
  return assemble(target, (w, args) => {
    const a = readArguments(w, args, ['tasks', 'count', 'source', 'target'])
    const [i, end, spikes, windows, to] = Array.from({ length: 5 }, () => w.i32())
    overTasks(w, counter, a.tasks, (task) => {
      w.set(i, i32.mul(task, n(elementsPerTask)))
      w.set(end, i32.add(i, n(elementsPerTask)))
      w.if(i32.gtU(end, a.count), () => w.set(end, a.count))
      w.set(spikes, n(0))
      w.set(windows, n(0))
      w.while(i32.geU(i32.sub(end, i), n(16)), () => {
        const bytes = w.v128(v128.load(i32.add(a.source, i)))
        const bits = (mask: number) =>
          i32.popcnt(i8x16.bitmask(i8x16.ne(v128.and(bytes, i8x16.const(mask)), i8x16.const(0))))
        for (const bit of spikeBits) w.set(spikes, i32.add(spikes, bits(1 << bit)))
        w.set(windows, i32.add(windows, bits(2)))
        w.set(i, i32.add(i, n(16)))
      })
      w.while(i32.ltU(i, end), () => {
        const byte = w.i32(i32.load8U(i32.add(a.source, i)))
        const mask = spikeBits.reduce((sum, bit) => sum | (1 << bit), 0)
        w.set(spikes, i32.add(spikes, i32.popcnt(i32.and(byte, n(mask)))))
        w.set(windows, i32.add(windows, i32.and(i32.shrU(byte, n(1)), n(1))))
        w.set(i, i32.add(i, n(1)))
      })
      w.set(to, i32.add(a.target, i32.shl(task, n(3))))
      w.do(i32.store(to, spikes))
      w.do(i32.store(to, windows, 4))
    })
  })
}
