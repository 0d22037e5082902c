import { f32x4, i32, i32x4, type Local, type Value, v128, type Writer, wide } from '../../codegen/index.ts'

/** Pieces that the functions of a module are made of. Addresses are in bytes. */

/** Four neighbouring float32, or one and three zeros beside it. */
export type Lanes = 'all' | 'one'

export const laneBytes = (lanes: Lanes): number => (lanes === 'all' ? 16 : 4)
export const load = (lanes: Lanes, address: Value, offset = 0): Value =>
  lanes === 'all' ? wide.load(address, offset) : wide.loadOne(address, offset)
export const store = (w: Writer, lanes: Lanes, address: Value, value: Value, offset = 0): void =>
  w.do(lanes === 'all' ? wide.store(address, value, offset) : wide.storeOne(address, value, offset))

/** Vectors that one pass of a loop takes. */
const together = 4

/**
 * Visits `count` float32 in whole vectors and then one by one. The visitor gets a local address offset, and a constant
 * on top of it: few are written out, many are a loop.
 */
export function overFloats(w: Writer, count: number, visit: (lanes: Lanes, at: Value, offset: number) => void): void {
  const vectors = Math.floor(count / 4)
  const zero = i32.const(0)
  const looped = vectors > 2 * together ? Math.floor(vectors / together) * together : 0
  const rest = (from: number) => {
    for (let v = from; v < vectors; v++) visit('all', zero, 16 * v)
    for (let k = 4 * vectors; k < count; k++) visit('one', zero, 4 * k)
  }
  if (looped > 0) {
    const at = w.i32()
    w.for(at, zero, i32.const(16 * looped), i32.const(16 * together), () => {
      for (let v = 0; v < together; v++) visit('all', at, 16 * v)
    })
  }
  rest(looped)
}

/** An address with an offset that may be no more than a constant 0. */
export function plus(base: Value, at: Value): Value {
  return at.op === 'i32.const' && at.literal === 0 ? base : i32.add(base, at)
}

/** out[0..count) += value * row, or += row where value is null. */
export function addRow(w: Writer, count: number, out: Local, row: Local, value: Value | null): void {
  overFloats(w, count, (lanes, at, offset) => {
    const weight = load(lanes, plus(row, at), offset)
    const place = w.i32(plus(out, at))
    const term = value ? f32x4.mul(weight, value) : weight
    store(w, lanes, place, f32x4.add(load(lanes, place, offset), term), offset)
  })
}

/** Runs the body for each element of a list: its local holds the element. */
export function overList(w: Writer, list: number, count: Value, body: (element: Local) => void): void {
  const at = w.i32()
  const end = w.i32(i32.add(i32.const(list), i32.shl(count, i32.const(2))))
  const element = w.i32()
  w.for(at, i32.const(list), end, i32.const(4), () => {
    w.set(element, i32.load(at))
    body(element)
  })
}

/** Appends to a list whose end a local holds. */
export function append(w: Writer, end: Local, element: Value): void {
  w.do(i32.store(end, element))
  w.set(end, i32.add(end, i32.const(4)))
}

/** Stores how many elements stand between a list's start and its end. */
export function storeCount(w: Writer, count: number, list: number, end: Local): void {
  w.do(i32.store(i32.const(count), i32.shrU(i32.sub(end, i32.const(list)), i32.const(2))))
}

/** The places of what is not 0. */
export function nonzeros(w: Writer, numbers: number, size: number, list: number, count: number): void {
  const end = w.i32(i32.const(list))
  const one = (at: Value, offset: number) => {
    w.if(v128.anyTrue(wide.loadOne(i32.add(i32.const(numbers), at), offset)), () => {
      append(w, end, i32.shrU(i32.add(at, i32.const(offset)), i32.const(2)))
    })
  }
  const vectors = Math.floor(size / 4)
  const at = w.i32()
  w.for(at, i32.const(0), i32.const(16 * vectors), i32.const(16), () => {
    w.if(v128.anyTrue(wide.load(i32.add(i32.const(numbers), at))), () => {
      for (let lane = 0; lane < 4; lane++) one(at, 4 * lane)
    })
  })
  for (let k = 4 * vectors; k < size; k++) one(i32.const(4 * k), 0)
  storeCount(w, count, list, end)
}

export function clear(w: Writer, at: number, bytes: number): void {
  w.fillMemory(i32.const(at), i32.const(0), i32.const(bytes))
}

export function copy(w: Writer, to: number, from: number, size: number): void {
  overFloats(w, size, (lanes, at, offset) => {
    store(w, lanes, plus(i32.const(to), at), load(lanes, plus(i32.const(from), at), offset), offset)
  })
}

/** Adds 1 at every place of a list. */
export function addSpikes(w: Writer, to: number, list: number, count: Value): void {
  overList(w, list, count, (element) => {
    const place = w.i32(i32.add(i32.const(to), i32.shl(element, i32.const(2))))
    store(w, 'one', place, f32x4.add(load('one', place), w.constant(1)))
  })
}

export function addValues(w: Writer, to: number, from: number, size: number): void {
  overFloats(w, size, (lanes, at, offset) => {
    const place = w.i32(plus(i32.const(to), at))
    store(
      w,
      lanes,
      place,
      f32x4.add(load(lanes, place, offset), load(lanes, plus(i32.const(from), at), offset)),
      offset,
    )
  })
}

/** A whole number of memory, as float32 in all lanes. */
export const asFloat = (value: Value): Value => f32x4.fromInteger(i32x4.splatWide(value))
