import type { Opcode } from './assembler.ts'

/** Tables from the operations of kernels to vector instructions: those that AVX2 and AVX-512 share, then each one's own. */

/** dest = first op second, where `second` may be in memory. */
export interface BinaryRule {
  readonly opcode: Opcode
  /** Whether the operands may trade places, or must: min and max return their second operand for equals. */
  readonly order: 'as written' | 'either' | 'swapped'
}

const single = (code: number): Opcode => ({ prefix: 0, map: 1, code })
const double = (code: number): Opcode => ({ prefix: 1, map: 1, code, wide: true })
const integer = (code: number): Opcode => ({ prefix: 1, map: 1, code })
const rule = (opcode: Opcode, order: BinaryRule['order']): BinaryRule => ({ opcode, order })

export const binaryRules: { readonly [op: string]: BinaryRule } = {
  'f32x4.add': rule(single(0x58), 'either'),
  'f32x4.mul': rule(single(0x59), 'either'),
  'f32x4.sub': rule(single(0x5c), 'as written'),
  'f32x4.div': rule(single(0x5e), 'as written'),
  'f32x4.min': rule(single(0x5d), 'swapped'),
  'f32x4.max': rule(single(0x5f), 'swapped'),
  'f64x2.add': rule(double(0x58), 'either'),
  'f64x2.mul': rule(double(0x59), 'either'),
  'v128.and': rule(single(0x54), 'either'),
  'v128.andnot': rule(single(0x55), 'swapped'),
  'v128.or': rule(single(0x56), 'either'),
  'v128.xor': rule(single(0x57), 'either'),
  'i32x4.add': rule(integer(0xfe), 'either'),
  'i32x4.sub': rule(integer(0xfa), 'as written'),
  'i32x4.mul': rule({ prefix: 1, map: 2, code: 0x40 }, 'either'),
  'i8x16.swizzle': rule({ prefix: 1, map: 2, code: 0x00 }, 'as written'),
}

export const unaryOpcodes: { readonly [op: string]: Opcode } = {
  'f32x4.sqrt': single(0x51),
  'f32x4.fromInteger': single(0x5b),
}

/** How `round` rounds: to the nearest, or down; both without a flag for what was not whole. */
export const roundings: { readonly [op: string]: number } = { 'f32x4.nearest': 8, 'f32x4.floor': 9 }

/** Predicates of comparisons; false for NaN. */
export const comparisons: {
  readonly [op: string]: { readonly opcode: Opcode; readonly predicate: number | undefined }
} = {
  'f32x4.eq': { opcode: single(0xc2), predicate: 0 },
  'f32x4.lt': { opcode: single(0xc2), predicate: 1 },
  'f32x4.le': { opcode: single(0xc2), predicate: 2 },
  'f32x4.ge': { opcode: single(0xc2), predicate: 13 },
  'f32x4.gt': { opcode: single(0xc2), predicate: 14 },
  'i32x4.eq': { opcode: integer(0x76), predicate: undefined },
  'i32x4.gtS': { opcode: integer(0x66), predicate: undefined },
}

/** Loads that are one instruction: opcode, and the bytes they read where that is not the whole vector. */
export const loads: { readonly [op: string]: { readonly opcode: Opcode; readonly part?: number } } = {
  'v128.load': { opcode: single(0x10) },
  'wide.load': { opcode: single(0x10) },
  'v128.load32Zero': { opcode: { prefix: 2, map: 1, code: 0x10 }, part: 4 },
  'wide.loadOne': { opcode: { prefix: 2, map: 1, code: 0x10 }, part: 4 },
  'wide.loadDoubles': { opcode: single(0x5a), part: 32 },
  'wide.loadSplat': { opcode: { prefix: 1, map: 2, code: 0x18 }, part: 4 },
  'v128.load32Splat': { opcode: { prefix: 1, map: 2, code: 0x18 }, part: 4 },
}

export const opcodes = {
  move: single(0x28),
  xor: integer(0xef),
  store: single(0x11),
  storeOne: { prefix: 2, map: 1, code: 0x11 },
  /** To whole numbers, as the immediate says. */
  round: { prefix: 1, map: 3, code: 0x08 },
  broadcast: { prefix: 1, map: 2, code: 0x18 },
  /** dest = second * dest + third. */
  multiplyAdd213: { prefix: 1, map: 2, code: 0xa8 },
  /** dest = second * third + dest. */
  multiplyAdd231: { prefix: 1, map: 2, code: 0xb8 },
  shiftWords: integer(0x71),
  shiftLanes: integer(0x72),
  widenBytes: { prefix: 1, map: 2, code: 0x31 },
  toGeneral: integer(0x7e),
  extractQuarter: { prefix: 1, map: 3, code: 0x19 },
  unpackLowSingle: single(0x14),
  unpackHighSingle: single(0x15),
  unpackLowDouble: { prefix: 1, map: 1, code: 0x14, wide: true },
  unpackHighDouble: { prefix: 1, map: 1, code: 0x15, wide: true },
} as const satisfies { readonly [name: string]: Opcode }

export const avx512Opcodes = {
  broadcastGeneral: { prefix: 1, map: 2, code: 0x7c },
  maskToVector: { prefix: 2, map: 2, code: 0x38 },
  testLanes: { prefix: 1, map: 2, code: 0x27 },
  bytesToMask: { prefix: 2, map: 2, code: 0x29 },
  ternary: { prefix: 1, map: 3, code: 0x25 },
  blend: { prefix: 1, map: 2, code: 0x65 },
  narrowToBytes: { prefix: 2, map: 2, code: 0x31 },
  compress: { prefix: 1, map: 2, code: 0x8b },
  expand: { prefix: 1, map: 2, code: 0x89 },
  extractHalf: { prefix: 1, map: 3, code: 0x1b, wide: true },
} as const satisfies { readonly [name: string]: Opcode }

export const avx2Opcodes = {
  fromGeneral: integer(0x6e),
  broadcastLane: { prefix: 1, map: 2, code: 0x58 },
  /** The sign bits of bytes, and of lanes, as a number. */
  byteSigns: integer(0xd7),
  laneSigns: single(0x50),
  loadQuad: { prefix: 2, map: 1, code: 0x7e },
  storeQuad: integer(0xd6),
  /** dest = lanes of third at the places that second names. */
  permute: { prefix: 1, map: 2, code: 0x36 },
  widenSignedBytes: { prefix: 1, map: 2, code: 0x21 },
  /** dest = third where the sign bit of the register that the immediate names is set, else second. */
  blendBySign: { prefix: 1, map: 3, code: 0x4a },
  maskedStore: { prefix: 1, map: 2, code: 0x2e },
  packWords: { prefix: 1, map: 2, code: 0x2b },
  packBytes: integer(0x67),
  greater: integer(0x66),
} as const satisfies { readonly [name: string]: Opcode }

/** Shuffles that are one instruction, by their byte lanes. */
export const shuffles: { readonly [lanes: string]: Opcode } = {
  '0,1,2,3,16,17,18,19,4,5,6,7,20,21,22,23': opcodes.unpackLowSingle,
  '8,9,10,11,24,25,26,27,12,13,14,15,28,29,30,31': opcodes.unpackHighSingle,
  '0,1,2,3,4,5,6,7,16,17,18,19,20,21,22,23': opcodes.unpackLowDouble,
  '8,9,10,11,12,13,14,15,24,25,26,27,28,29,30,31': opcodes.unpackHighDouble,
}
