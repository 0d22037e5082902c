import { unsigned } from './module.ts'

/** Instructions of vectors, of threads, and of memory as a whole stand behind a prefix. */
const vector = (code: number): readonly number[] => [0xfd, ...unsigned(code)]
const atomic = (code: number): readonly number[] => [0xfe, ...unsigned(code)]

export const control = {
  block: [0x02, 0x40],
  loop: [0x03, 0x40],
  if: [0x04, 0x40],
  else: [0x05],
  end: [0x0b],
  branchIf: [0x0d],
  localGet: [0x20],
  localSet: [0x21],
  /** Of memory 0. */
  memoryFill: [0xfc, 0x0b, 0x00],
  i32Const: [0x41],
  vectorConst: vector(0x0c),
} as const

/** Operations that take their operands from the stack and have no immediates. */
export const plain: { readonly [op: string]: readonly number[] } = {
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.div': [0x6e],
  'i32.rem': [0x70],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.shl': [0x74],
  'i32.shrU': [0x76],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.eqz': [0x45],
  'i32.ltU': [0x49],
  'i32.ltS': [0x48],
  'i32.geU': [0x4f],
  'i32.gtU': [0x4b],
  'i32.popcnt': [0x69],
  'f64.add': [0xa0],
  'f64.mul': [0xa2],
  'f64.promote': [0xbb],
  'v128.and': vector(0x4e),
  'v128.andnot': vector(0x4f),
  'v128.or': vector(0x50),
  'v128.xor': vector(0x51),
  'v128.select': vector(0x52),
  'v128.anyTrue': vector(0x53),
  'f32x4.splat': vector(0x13),
  'f32x4.abs': vector(0xe0),
  'f32x4.neg': vector(0xe1),
  'f32x4.sqrt': vector(0xe3),
  'f32x4.floor': vector(0x68),
  'f32x4.nearest': vector(0x6a),
  'f32x4.add': vector(0xe4),
  'f32x4.sub': vector(0xe5),
  'f32x4.mul': vector(0xe6),
  'f32x4.div': vector(0xe7),
  // pmin and pmax: what the x86 instructions of that name give.
  'f32x4.min': vector(0xea),
  'f32x4.max': vector(0xeb),
  'f32x4.eq': vector(0x41),
  'f32x4.lt': vector(0x43),
  'f32x4.gt': vector(0x44),
  'f32x4.le': vector(0x45),
  'f32x4.ge': vector(0x46),
  'f32x4.fromInteger': vector(0xfa),
  'f32x4.relaxedMadd': vector(0x105),
  'f64x2.add': vector(0xf0),
  'f64x2.mul': vector(0xf2),
  'f64x2.promoteLow': vector(0x5f),
  'i32x4.splat': vector(0x11),
  'i32x4.add': vector(0xae),
  'i32x4.sub': vector(0xb1),
  'i32x4.mul': vector(0xb5),
  'i32x4.eq': vector(0x37),
  'i32x4.gtS': vector(0x3b),
  'i32x4.shl': vector(0xab),
  'i32x4.shrU': vector(0xad),
  'i32x4.extendLowU16': vector(0xa9),
  'i16x8.extendLowU8': vector(0x89),
  'i16x8.narrowU': vector(0x86),
  'i8x16.ne': vector(0x24),
  'i8x16.bitmask': vector(0x64),
  'i8x16.narrowU': vector(0x66),
  'i8x16.swizzle': vector(0x0e),
}

/** An instruction that touches memory: its code, and the two's logarithm of the bytes that it touches. */
export interface Access {
  readonly code: readonly number[]
  readonly alignment: number
}

const access = (code: readonly number[], alignment: number): Access => ({ code, alignment })

/** Operations with an address (and for stores a value) on the stack, and a constant offset. */
export const memory: { readonly [op: string]: Access } = {
  'i32.load': access([0x28], 2),
  'i32.load8U': access([0x2d], 0),
  'i32.store': access([0x36], 2),
  'i32.store8': access([0x3a], 0),
  'i32.atomicAdd': access(atomic(0x1e), 2),
  'f32.load': access([0x2a], 2),
  'f32.store': access([0x38], 2),
  'f64.store': access([0x39], 3),
  'v128.load': access(vector(0x00), 4),
  'v128.load32Splat': access(vector(0x09), 2),
  'v128.load32Zero': access(vector(0x5c), 2),
  'v128.load64Zero': access(vector(0x5d), 3),
  'v128.store': access(vector(0x0b), 4),
  'wide.load': access(vector(0x00), 4),
  'wide.store': access(vector(0x0b), 4),
  'wide.loadOne': access(vector(0x5c), 2),
  'wide.loadSplat': access(vector(0x09), 2),
}

/** Stores one lane, whose number stands behind the offset. */
export const storeLane = access(vector(0x5a), 2)

/** Operations with the number of a lane behind them, or the 16 of a shuffle. */
export const lane: { readonly [op: string]: readonly number[] } = {
  'f32x4.lane': vector(0x1f),
  'f64x2.lane': vector(0x21),
  'i32x4.lane': vector(0x1b),
  'i8x16.shuffle': vector(0x0d),
}
