/**
 * Values of kernels: expression trees of machine operations, read by an emitter for each kind of code (WebAssembly, x64).
 * Vectors come in two widths: `v128` has four 32-bit lanes everywhere; `wide` has as many as the target's vector units
 * (four in WebAssembly). Operations on lanes are named as for four, and act on every lane of whatever they are given.
 */
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128' | 'wide' | 'none'

export interface Value {
  readonly op: string
  readonly type: ValueType
  readonly args: readonly Value[]
  /** Bytes added to the address of a load or store. */
  readonly offset?: number
  /** Number of a constant, a lane, or the lanes of a shuffle. */
  readonly literal?: number | readonly number[]
}

/** A local variable; used as a value it reads itself. */
export interface Local extends Value {
  readonly op: 'local'
  /** Its number within its function, in the order of creation. */
  readonly index: number
}

export const isLocal = (value: Value): value is Local => value.op === 'local'

/** Constants take the width of what they are combined with. */
const constants = new Set(['f32x4.const', 'i32x4.const', 'f64x2.const', 'i8x16.const'])
export const isVectorConstant = (value: Value): boolean => constants.has(value.op)

const isVector = (type: ValueType): boolean => type === 'v128' || type === 'wide'

/** The common width of vector operands. */
function widthOf(op: string, args: readonly Value[]): ValueType {
  const widths = new Set(args.filter((a) => isVector(a.type) && !isVectorConstant(a)).map((a) => a.type))
  if (widths.size > 1) throw new Error(`${op} of vectors of two widths`)
  const [width] = widths
  return width ?? args.find((a) => isVector(a.type))?.type ?? 'wide'
}

type Unary = (a: Value) => Value
type Binary = (a: Value, b: Value) => Value
type Ternary = (a: Value, b: Value, c: Value) => Value

const unary = (op: string, type: ValueType): Unary => {
  return (a) => ({ op, type, args: [a] })
}
const binary = (op: string, type: ValueType): Binary => {
  return (a, b) => ({ op, type, args: [a, b] })
}
/** An operation whose result is as wide as its operands. */
const lanes1 = (op: string): Unary => {
  return (a) => ({ op, type: widthOf(op, [a]), args: [a] })
}
const lanes2 = (op: string): Binary => {
  return (a, b) => ({ op, type: widthOf(op, [a, b]), args: [a, b] })
}
const lanes3 = (op: string): Ternary => {
  return (a, b, c) => ({ op, type: widthOf(op, [a, b, c]), args: [a, b, c] })
}
const load = (op: string, type: ValueType) => {
  return (address: Value, offset = 0): Value => ({ op, type, args: [address], offset })
}
const store = (op: string) => {
  return (address: Value, value: Value, offset = 0): Value => ({ op, type: 'none', args: [address, value], offset })
}
const shift = (op: string): Binary => {
  return (a, b) => ({ op, type: widthOf(op, [a]), args: [a, b] })
}
const constant = (op: string, type: ValueType, literal: number | readonly number[]): Value => {
  return { op, type, args: [], literal }
}
const i32Binary = (name: string) => binary(`i32.${name}`, 'i32')

/** 32-bit integers; addresses are unsigned, so that memory above 2 GiB works. */
export const i32 = {
  const: (value: number): Value => constant('i32.const', 'i32', value | 0),
  add: i32Binary('add'),
  sub: i32Binary('sub'),
  mul: i32Binary('mul'),
  div: i32Binary('div'),
  rem: i32Binary('rem'),
  and: i32Binary('and'),
  or: i32Binary('or'),
  shl: i32Binary('shl'),
  shrU: i32Binary('shrU'),
  eq: i32Binary('eq'),
  ne: i32Binary('ne'),
  eqz: unary('i32.eqz', 'i32'),
  ltU: i32Binary('ltU'),
  ltS: i32Binary('ltS'),
  geU: i32Binary('geU'),
  gtU: i32Binary('gtU'),
  popcnt: unary('i32.popcnt', 'i32'),
  load: load('i32.load', 'i32'),
  load8U: load('i32.load8U', 'i32'),
  store: store('i32.store'),
  store8: store('i32.store8'),
  atomicAdd: (address: Value, value: Value, offset = 0): Value => {
    return { op: 'i32.atomicAdd', type: 'i32', args: [address, value], offset }
  },
}

export const f32 = {
  load: load('f32.load', 'f32'),
  store: store('f32.store'),
}

export const f64 = {
  add: binary('f64.add', 'f64'),
  mul: binary('f64.mul', 'f64'),
  store: store('f64.store'),
  promote: unary('f64.promote', 'f64'),
}

export const v128 = {
  load: load('v128.load', 'v128'),
  load32Splat: load('v128.load32Splat', 'v128'),
  load32Zero: load('v128.load32Zero', 'v128'),
  load64Zero: load('v128.load64Zero', 'v128'),
  store: store('v128.store'),
  /** Stores the first lane. */
  store32: store('v128.store32'),
  and: lanes2('v128.and'),
  andnot: lanes2('v128.andnot'),
  or: lanes2('v128.or'),
  xor: lanes2('v128.xor'),
  /** Bits of a where the mask is set, else of b. */
  select: lanes3('v128.select'),
  anyTrue: unary('v128.anyTrue', 'i32'),
}

/** Vectors of the target's width. Bytes stand for as many neighbouring bytes as there are lanes. */
export const wide = {
  load: load('wide.load', 'wide'),
  store: store('wide.store'),
  /** The first lane from memory, zeros beside it. */
  loadOne: load('wide.loadOne', 'wide'),
  /** One value from memory in every lane. */
  loadSplat: load('wide.loadSplat', 'wide'),
  /** The first lane alone to memory. */
  storeOne: store('wide.storeOne'),
  /** The first `count` lanes, at least one and fewer than all. */
  storeSome: (address: Value, value: Value, count: Value, offset = 0): Value => {
    return { op: 'wide.storeSome', type: 'none', args: [address, value, count], offset }
  },
  /** Neighbouring float32 values, half as many as there are lanes, each as one float64. */
  loadDoubles: load('wide.loadDoubles', 'wide'),
  /** Neighbouring bytes, each as one 32-bit lane. */
  loadBytes: load('wide.loadBytes', 'wide'),
  /** The lowest byte of each lane, beside each other. */
  storeBytes: store('wide.storeBytes'),
  /** Bit i: whether byte i, of as many as there are lanes, has bit `bit`. Only where there are more than 4 lanes. */
  testBytes: (address: Value, bit: number, offset = 0): Value => {
    return { op: 'wide.testBytes', type: 'i32', args: [address], offset, literal: bit }
  },
  /** Bit i: whether lane i has bit `bit`. Only where there are more than 4 lanes. */
  testLanes: (a: Value, bit: number): Value => ({ op: 'wide.testLanes', type: 'i32', args: [a], literal: bit }),
  /** The lanes whose bit of `mask` is set, moved together. Only where there are more than 4 lanes. */
  compress: (a: Value, mask: Value): Value => ({ op: 'wide.compress', type: 'wide', args: [a, mask] }),
  /** The first lanes, moved to where bits of `mask` are set; 0 elsewhere. Only where there are more than 4 lanes. */
  expand: (a: Value, mask: Value): Value => ({ op: 'wide.expand', type: 'wide', args: [a, mask] }),
  /** Sums of the lanes whose numbers are alike modulo 4. */
  fold: unary('wide.fold', 'v128'),
}

const f32x4Lane = (name: string) => lanes2(`f32x4.${name}`)

export const f32x4 = {
  const: (value: number): Value => constant('f32x4.const', 'wide', value),
  splat: (a: Value): Value => ({ op: 'f32x4.splat', type: 'v128', args: [a] }),
  splatWide: (a: Value): Value => ({ op: 'f32x4.splat', type: 'wide', args: [a] }),
  lane: (index: number, a: Value): Value => ({ op: 'f32x4.lane', type: 'f32', args: [a], literal: index }),
  abs: lanes1('f32x4.abs'),
  neg: lanes1('f32x4.neg'),
  sqrt: lanes1('f32x4.sqrt'),
  add: f32x4Lane('add'),
  sub: f32x4Lane('sub'),
  mul: f32x4Lane('mul'),
  div: f32x4Lane('div'),
  /** b where b < a, else a. */
  min: f32x4Lane('min'),
  /** b where a < b, else a. */
  max: f32x4Lane('max'),
  eq: f32x4Lane('eq'),
  lt: f32x4Lane('lt'),
  le: f32x4Lane('le'),
  gt: f32x4Lane('gt'),
  ge: f32x4Lane('ge'),
  floor: lanes1('f32x4.floor'),
  /** The nearest whole number; of two equally near the even one. */
  nearest: lanes1('f32x4.nearest'),
  fromInteger: lanes1('f32x4.fromInteger'),
  relaxedMadd: lanes3('f32x4.relaxedMadd'),
}

export const f64x2 = {
  const: (value: number): Value => constant('f64x2.const', 'v128', value),
  lane: (index: number, a: Value): Value => ({ op: 'f64x2.lane', type: 'f64', args: [a], literal: index }),
  add: lanes2('f64x2.add'),
  mul: lanes2('f64x2.mul'),
  promoteLow: lanes1('f64x2.promoteLow'),
}

export const i32x4 = {
  const: (value: number): Value => constant('i32x4.const', 'wide', value | 0),
  constLanes: (a: number, b: number, c: number, d: number): Value => {
    return constant('i32x4.constLanes', 'v128', [a, b, c, d])
  },
  splat: (a: Value): Value => ({ op: 'i32x4.splat', type: 'v128', args: [a] }),
  splatWide: (a: Value): Value => ({ op: 'i32x4.splat', type: 'wide', args: [a] }),
  lane: (index: number, a: Value): Value => ({ op: 'i32x4.lane', type: 'i32', args: [a], literal: index }),
  add: lanes2('i32x4.add'),
  sub: lanes2('i32x4.sub'),
  mul: lanes2('i32x4.mul'),
  eq: lanes2('i32x4.eq'),
  gtS: lanes2('i32x4.gtS'),
  shl: shift('i32x4.shl'),
  shrU: shift('i32x4.shrU'),
  extendLowU16: lanes1('i32x4.extendLowU16'),
}

export const i16x8 = {
  extendLowU8: lanes1('i16x8.extendLowU8'),
  narrowU: lanes2('i16x8.narrowU'),
}

export const i8x16 = {
  const: (value: number): Value => constant('i8x16.const', 'v128', value),
  ne: lanes2('i8x16.ne'),
  bitmask: unary('i8x16.bitmask', 'i32'),
  narrowU: lanes2('i8x16.narrowU'),
  /** Bytes of a at the places that b names; 0 where b's byte is 16 or more. */
  swizzle: lanes2('i8x16.swizzle'),
  /** Bytes of a (0..15) and b (16..31), chosen one by one. */
  shuffle: (lanes: readonly number[], a: Value, b: Value): Value => {
    return { op: 'i8x16.shuffle', type: 'v128', args: [a, b], literal: lanes }
  },
}
