import {
  block,
  br_if,
  f32 as F32,
  f32x4 as F32x4,
  f64 as F64,
  f64x2 as F64x2,
  func,
  i8x16 as I8x16,
  i16x8 as I16x8,
  i32 as I32,
  i32x4 as I32x4,
  if_,
  importMemory,
  local as localOps,
  loop as loopOp,
  Module,
  memory as memoryOps,
  v128 as V128,
} from 'wasmati'
import { isLocal, type Local, type Value } from '../kernel/value.ts'
import type { Block, KernelFunction, LocalType, Statement, Target } from '../kernel/writer.ts'

/**
 * Kernels as WebAssembly: the one file that knows wasmati. Its authoring context is global to its module: nothing here
 * awaits while a function body is being written.
 */
export interface MemoryLimits {
  readonly minimum: number
  readonly maximum: number
  readonly shared: boolean
}

/** Name under which every kernel imports the backend's memory. */
export const memoryImport = { module: 'spikelet', name: 'memory' }

type Operation = (...immediates: unknown[]) => unknown

const operation = (op: unknown): Operation => op as Operation

/** Operations that take their operands from the stack and have no immediates. */
const plain: { readonly [op: string]: Operation } = Object.fromEntries(
  Object.entries({
    'i32.add': I32.add,
    'i32.sub': I32.sub,
    'i32.mul': I32.mul,
    'i32.div': I32.div_u,
    'i32.rem': I32.rem_u,
    'i32.and': I32.and,
    'i32.or': I32.or,
    'i32.shl': I32.shl,
    'i32.shrU': I32.shr_u,
    'i32.eq': I32.eq,
    'i32.ne': I32.ne,
    'i32.eqz': I32.eqz,
    'i32.ltU': I32.lt_u,
    'i32.ltS': I32.lt_s,
    'i32.geU': I32.ge_u,
    'i32.gtU': I32.gt_u,
    'i32.popcnt': I32.popcnt,
    'f64.add': F64.add,
    'f64.mul': F64.mul,
    'f64.promote': F64.promote_f32,
    'v128.and': V128.and,
    'v128.andnot': V128.andnot,
    'v128.or': V128.or,
    'v128.xor': V128.xor,
    'v128.select': V128.bitselect,
    'v128.anyTrue': V128.any_true,
    'f32x4.splat': F32x4.splat,
    'f32x4.abs': F32x4.abs,
    'f32x4.neg': F32x4.neg,
    'f32x4.sqrt': F32x4.sqrt,
    'f32x4.add': F32x4.add,
    'f32x4.sub': F32x4.sub,
    'f32x4.mul': F32x4.mul,
    'f32x4.div': F32x4.div,
    'f32x4.min': F32x4.pmin,
    'f32x4.max': F32x4.pmax,
    'f32x4.eq': F32x4.eq,
    'f32x4.lt': F32x4.lt,
    'f32x4.le': F32x4.le,
    'f32x4.gt': F32x4.gt,
    'f32x4.ge': F32x4.ge,
    'f32x4.fromInteger': F32x4.convert_i32x4_s,
    'f32x4.relaxedMadd': F32x4.relaxed_madd,
    'f64x2.add': F64x2.add,
    'f64x2.mul': F64x2.mul,
    'f64x2.promoteLow': F64x2.promote_low_f32x4,
    'i32x4.splat': I32x4.splat,
    'i32x4.add': I32x4.add,
    'i32x4.sub': I32x4.sub,
    'i32x4.mul': I32x4.mul,
    'i32x4.eq': I32x4.eq,
    'i32x4.gtS': I32x4.gt_s,
    'i32x4.shl': I32x4.shl,
    'i32x4.shrU': I32x4.shr_u,
    'i32x4.extendLowU16': I32x4.extend_low_i16x8_u,
    'i16x8.extendLowU8': I16x8.extend_low_i8x16_u,
    'i16x8.narrowU': I16x8.narrow_i32x4_u,
    'i8x16.ne': I8x16.ne,
    'i8x16.bitmask': I8x16.bitmask,
    'i8x16.narrowU': I8x16.narrow_i16x8_u,
    'i8x16.swizzle': I8x16.swizzle,
  }).map(([name, op]) => [name, operation(op)]),
)

/** Operations with an address (and for stores a value) on the stack, and a constant offset. */
const memory: { readonly [op: string]: Operation } = Object.fromEntries(
  Object.entries({
    'i32.load': I32.load,
    'i32.load8U': I32.load8_u,
    'i32.store': I32.store,
    'i32.store8': I32.store8,
    'i32.atomicAdd': I32.atomic.rmw.add,
    'f32.load': F32.load,
    'f32.store': F32.store,
    'f64.store': F64.store,
    'v128.load': V128.load,
    'v128.load32Splat': V128.load32_splat,
    'v128.load32Zero': V128.load32_zero,
    'v128.load64Zero': V128.load64_zero,
    'v128.store': V128.store,
    'wide.load': V128.load,
    'wide.store': V128.store,
    'wide.loadOne': V128.load32_zero,
    'wide.loadSplat': V128.load32_splat,
  }).map(([name, op]) => [name, operation(op)]),
)

/** Operations with a lane number. */
const lane: { readonly [op: string]: Operation } = Object.fromEntries(
  Object.entries({
    'f32x4.lane': F32x4.extract_lane,
    'f64x2.lane': F64x2.extract_lane,
    'i32x4.lane': I32x4.extract_lane,
    'i8x16.shuffle': I8x16.shuffle,
  }).map(([name, op]) => [name, operation(op)]),
)

/** As bytes: wasmati does not take 32-bit lanes whose highest bit is set. */
function integerLanes(lanes: readonly number[]): void {
  operation(V128.const)('i8x16', [...new Uint8Array(Int32Array.from(lanes).buffer)])
}

const four = (value: unknown): unknown[] => [value, value, value, value]

/** Pushes the values in order. */
type Push = (...values: readonly Value[]) => void
type Rule = (value: Value, push: Push) => void

const storeFirstLane: Rule = ({ args, offset }, push) => {
  push(...args)
  operation(V128.store32_lane)({ offset }, 0)
}

/** Operations that are not one instruction with its operands before it. */
const special: { readonly [op: string]: Rule } = {
  'i32.const': ({ literal }) => void I32.const(literal as number),
  'f32x4.const': ({ literal }) => void operation(V128.const)('f32x4', four(literal)),
  'f64x2.const': ({ literal }) => void operation(V128.const)('f64x2', [literal, literal]),
  'i32x4.const': ({ literal }) => integerLanes(four(literal) as number[]),
  'i32x4.constLanes': ({ literal }) => integerLanes(literal as number[]),
  'i8x16.const': ({ literal }) => void operation(V128.const)('i8x16', Array(16).fill(literal)),
  'v128.store32': storeFirstLane,
  'wide.storeOne': storeFirstLane,
  'wide.fold': ({ args }, push) => push(...args),
  'wide.loadBytes': ({ args, offset }, push) => {
    push(...args)
    operation(V128.load32_zero)({ offset })
    I16x8.extend_low_i8x16_u()
    I32x4.extend_low_i16x8_u()
  },
  'wide.loadDoubles': ({ args, offset }, push) => {
    push(...args)
    operation(V128.load64_zero)({ offset })
    F64x2.promote_low_f32x4()
  },
  'wide.storeBytes': ({ args: [address, value], offset }, push) => {
    push(address, value, value)
    I16x8.narrow_i32x4_u()
    push(value)
    I8x16.narrow_i16x8_u()
    operation(V128.store32_lane)({ offset }, 0)
  },
  'wide.storeSome': ({ args: [address, value, count], offset = 0 }, push) => {
    for (let i = 0; i < 3; i++) {
      push(count)
      I32.const(i)
      I32.gt_u()
      if_({}, () => {
        push(address, value)
        operation(F32x4.extract_lane)(i)
        operation(F32.store)({ offset: offset + 4 * i })
      })
    }
  },
}

const types: { readonly [T in LocalType]: unknown } = {
  i32: I32,
  f32: F32,
  f64: F64,
  v128: V128,
  wide: V128,
}

/** Emits statements; `slots` are wasmati's locals. */
class Emitter {
  private readonly slots: readonly unknown[]

  constructor(slots: readonly unknown[]) {
    this.slots = slots
  }

  private readonly push: Push = (...values) => {
    for (const value of values) this.value(value)
  }

  private value(value: Value): void {
    const { op, args, offset } = value
    if (isLocal(value)) operation(localOps.get)(this.slots[value.index])
    else if (special[op]) special[op](value, this.push)
    else {
      this.push(...args)
      if (plain[op]) plain[op]()
      else if (memory[op]) memory[op]({ offset })
      else if (lane[op]) lane[op](value.literal)
      else throw new Error(`no WebAssembly for ${op}`)
    }
  }

  block(statements: Block): void {
    for (const statement of statements) this.statement(statement)
  }

  private set(local: Local, value: Value): void {
    this.value(value)
    operation(localOps.set)(this.slots[local.index])
  }

  private statement(s: Statement): void {
    if (s.kind === 'do') this.value(s.value)
    else if (s.kind === 'set') this.set(s.local, s.value)
    else if (s.kind === 'if') {
      const { body, otherwise } = s
      this.value(s.condition)
      if (otherwise)
        if_(
          {},
          () => this.block(body),
          () => this.block(otherwise),
        )
      else if_({}, () => this.block(body))
    } else if (s.kind === 'loop') this.loop(s)
    else {
      this.push(s.address, s.byte, s.bytes)
      operation(memoryOps.fill)()
    }
  }

  private loop({ body, condition, guarded }: Extract<Statement, { kind: 'loop' }>): void {
    const repeat = () =>
      loopOp({}, (again) => {
        this.block(body)
        this.value(condition)
        br_if(again)
      })
    if (!guarded) {
      repeat()
      return
    }
    block({}, (out) => {
      this.value(condition)
      I32.eqz()
      br_if(out)
      repeat()
    })
  }
}

/** Kernels as modules of one exported function `run`, which import the memory. @param limits pages of that memory */
export function wasmTarget(limits: MemoryLimits): Target {
  return {
    lanes: 4,
    constantsInLocals: true,
    prefetches: false,
    emit(kernel: KernelFunction) {
      const [first, second, ...own] = kernel.locals
      const run = func(
        { in: [I32, I32], locals: own.map((l) => types[l.type as LocalType]) as never, out: [] },
        (parameters: unknown, locals: unknown) => {
          const slots: unknown[] = []
          for (const [i, l] of [first, second].entries()) slots[l.index] = (parameters as unknown[])[i]
          for (const [i, l] of own.entries()) slots[l.index] = (locals as unknown[])[i]
          new Emitter(slots).block(kernel.body)
        },
      )
      const memory = importMemory(
        { min: limits.minimum, max: limits.maximum, shared: limits.shared },
        {} as WebAssembly.Memory,
      )
      const module = Module({ exports: { run: run as never }, memory })
      const [entry] = module.module.imports
      Object.assign(entry as object, memoryImport)
      return new Uint8Array(module.toBytes())
    },
  }
}
