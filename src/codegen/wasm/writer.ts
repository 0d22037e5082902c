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

/**
 * The one file that knows wasmati. Code is written as expressions: a `Value` emits the instructions that leave one
 * value on the stack, so that operands can be composed in any order before anything is emitted. wasmati's authoring
 * context is global to its module: nothing here awaits while a function body is being written.
 */
export type Value = () => void

export type LocalType = 'i32' | 'f32' | 'f64' | 'v128'

/** A local variable; used as a value it reads itself. */
export interface Local extends Value {
  readonly type: LocalType
  readonly slot: { local: unknown }
}

type Unary = (a: Value) => Value
type Binary = (a: Value, b: Value) => Value
type Ternary = (a: Value, b: Value, c: Value) => Value
type AnyOp = (...operands: never[]) => unknown

const unary =
  (op: AnyOp): Unary =>
  (a) =>
  () => {
    a()
    op()
  }
const binary =
  (op: AnyOp): Binary =>
  (a, b) =>
  () => {
    a()
    b()
    op()
  }
const ternary =
  (op: AnyOp): Ternary =>
  (a, b, c) =>
  () => {
    a()
    b()
    c()
    op()
  }

type MemoryOp = (memarg: { offset?: number; align?: number }) => unknown
const load =
  (op: unknown) =>
  (address: Value, offset = 0): Value =>
  () => {
    address()
    ;(op as MemoryOp)({ offset })
  }
const store =
  (op: unknown) =>
  (address: Value, value: Value, offset = 0): Value =>
  () => {
    address()
    value()
    ;(op as MemoryOp)({ offset })
  }
const lane = (op: unknown) => (index: number, a: Value) => () => {
  a()
  ;(op as (index: number) => unknown)(index)
}

/** 32-bit integers; addresses are unsigned, so that memory above 2 GiB works. */
export const i32 = {
  const: (value: number): Value => {
    return () => void I32.const(value | 0)
  },
  add: binary(I32.add),
  sub: binary(I32.sub),
  mul: binary(I32.mul),
  div: binary(I32.div_u),
  rem: binary(I32.rem_u),
  and: binary(I32.and),
  or: binary(I32.or),
  shl: binary(I32.shl),
  shrU: binary(I32.shr_u),
  eq: binary(I32.eq),
  ne: binary(I32.ne),
  eqz: unary(I32.eqz),
  ltU: binary(I32.lt_u),
  ltS: binary(I32.lt_s),
  geU: binary(I32.ge_u),
  gtU: binary(I32.gt_u),
  popcnt: unary(I32.popcnt),
  load: load(I32.load),
  load8U: load(I32.load8_u),
  store: store(I32.store),
  store8: store(I32.store8),
  atomicAdd: (address: Value, value: Value, offset = 0): Value => {
    return () => {
      address()
      value()
      ;(I32.atomic.rmw.add as unknown as MemoryOp)({ offset })
    }
  },
}

export const f32 = {
  load: load(F32.load),
  store: store(F32.store),
}

export const f64 = {
  add: binary(F64.add),
  mul: binary(F64.mul),
  store: store(F64.store),
  promote: unary(F64.promote_f32),
}

export const v128 = {
  load: load(V128.load),
  load32Splat: load(V128.load32_splat),
  load32Zero: load(V128.load32_zero),
  load64Zero: load(V128.load64_zero),
  store: store(V128.store),
  store32: (address: Value, value: Value, offset = 0): Value => {
    return () => {
      address()
      value()
      ;(V128.store32_lane as unknown as (m: object, lane: number) => unknown)({ offset }, 0)
    }
  },
  and: binary(V128.and),
  andnot: binary(V128.andnot),
  or: binary(V128.or),
  xor: binary(V128.xor),
  /** Bits of a where the mask is set, else of b. */
  select: ternary(V128.bitselect),
  anyTrue: unary(V128.any_true),
}

const unaryF32x4 = { abs: F32x4.abs, neg: F32x4.neg, sqrt: F32x4.sqrt }

export const f32x4 = {
  const: (value: number): Value => {
    return () => void V128.const('f32x4', [value, value, value, value])
  },
  splat: unary(F32x4.splat),
  lane: lane(F32x4.extract_lane),
  abs: unary(unaryF32x4.abs),
  neg: unary(unaryF32x4.neg),
  sqrt: unary(unaryF32x4.sqrt),
  add: binary(F32x4.add),
  sub: binary(F32x4.sub),
  mul: binary(F32x4.mul),
  div: binary(F32x4.div),
  min: binary(F32x4.pmin),
  max: binary(F32x4.pmax),
  eq: binary(F32x4.eq),
  lt: binary(F32x4.lt),
  le: binary(F32x4.le),
  gt: binary(F32x4.gt),
  ge: binary(F32x4.ge),
  fromInteger: unary(F32x4.convert_i32x4_s),
  relaxedMadd: ternary(F32x4.relaxed_madd),
}

export const f64x2 = {
  const: (value: number): Value => {
    return () => void V128.const('f64x2', [value, value])
  },
  lane: lane(F64x2.extract_lane),
  add: binary(F64x2.add),
  mul: binary(F64x2.mul),
  promoteLow: unary(F64x2.promote_low_f32x4),
}

/** As bytes: wasmati does not take 32-bit lanes whose highest bit is set. */
function integerLanes(lanes: readonly number[]): Value {
  const bytes = [...new Uint8Array(Int32Array.from(lanes).buffer)]
  return () => void (V128.const as (shape: string, lanes: readonly number[]) => unknown)('i8x16', bytes)
}

export const i32x4 = {
  const: (value: number): Value => {
    return integerLanes([value, value, value, value])
  },
  constLanes: (a: number, b: number, c: number, d: number): Value => integerLanes([a, b, c, d]),
  splat: unary(I32x4.splat),
  lane: lane(I32x4.extract_lane),
  add: binary(I32x4.add),
  sub: binary(I32x4.sub),
  mul: binary(I32x4.mul),
  eq: binary(I32x4.eq),
  gtS: binary(I32x4.gt_s),
  shl: binary(I32x4.shl),
  shrU: binary(I32x4.shr_u),
  extendLowU16: unary(I32x4.extend_low_i16x8_u),
}

export const i16x8 = {
  extendLowU8: unary(I16x8.extend_low_i8x16_u),
  narrowU: binary(I16x8.narrow_i32x4_u),
}

export const i8x16 = {
  const: (value: number): Value => {
    const bytes = Array.from({ length: 16 }, () => value) as never
    return () => void (V128.const as (shape: string, lanes: never) => unknown)('i8x16', bytes)
  },
  ne: binary(I8x16.ne),
  bitmask: unary(I8x16.bitmask),
  narrowU: binary(I8x16.narrow_i16x8_u),
  /** Bytes of a at the places that b names; 0 where b's byte is 16 or more. */
  swizzle: binary(I8x16.swizzle),
  /** Lanes of a (0..15) and b (16..31), chosen one by one. */
  shuffle: (lanes: readonly number[], a: Value, b: Value): Value => {
    return () => {
      a()
      b()
      ;(I8x16.shuffle as unknown as (lanes: readonly number[]) => unknown)(lanes)
    }
  },
}

/** Writes one function: locals and statements are collected first, emitted at the end. */
export class Writer {
  private readonly locals: Local[] = []
  private statements: Value[] = []
  private readonly constants = new Map<string, Local>()
  private readonly prologue: Value[] = []
  /** Whether a product and a sum may be fused. */
  private readonly relaxed: boolean

  constructor(relaxed = false) {
    this.relaxed = relaxed
  }

  /** a * b + c of float32 lanes, fused where the host may. */
  multiplyAdd(a: Value, b: Value, c: Value): Value {
    return this.relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c)
  }

  local(type: LocalType): Local {
    const slot = { local: undefined as unknown }
    const read = () => void (localOps.get as (l: unknown) => unknown)(slot.local)
    const made = Object.assign(read, { type, slot })
    this.locals.push(made)
    return made
  }

  i32(start?: Value): Local {
    return this.started('i32', start)
  }

  v128(start?: Value): Local {
    return this.started('v128', start)
  }

  private started(type: LocalType, start: Value | undefined): Local {
    const made = this.local(type)
    if (start) this.set(made, start)
    return made
  }

  /**
   * Four float32 lanes of a constant, made once at the start of the function: V8 builds a constant anew at every use,
   * with three instructions, but reloads a local with one.
   */
  constant(value: number): Value {
    return this.once(`f32 ${Object.is(value, -0) ? '-0' : value}`, f32x4.const(value))
  }

  /** Four 32-bit lanes of a constant, made once at the start of the function. */
  integerConstant(value: number): Value {
    return this.once(`i32 ${value}`, i32x4.const(value))
  }

  private once(key: string, value: Value): Local {
    let local = this.constants.get(key)
    if (!local) {
      local = this.local('v128')
      this.constants.set(key, local)
      const target = local
      this.prologue.push(() => {
        value()
        ;(localOps.set as (l: unknown) => unknown)(target.slot.local)
      })
    }
    return local
  }

  /** One local for each of several vectors that go through the same steps: neighbours in the code do not wait for each other. */
  each(vectors: readonly Value[], value: (vector: Value, i: number) => Value): Local[] {
    return vectors.map((vector, i) => this.v128(value(vector, i)))
  }

  /** Emits a statement, e.g. a store. */
  do(statement: Value): void {
    this.statements.push(statement)
  }

  set(target: Local, value: Value): void {
    this.statements.push(() => {
      value()
      ;(localOps.set as (l: unknown) => unknown)(target.slot.local)
    })
  }

  private nested(write: () => void): Value[] {
    const outer = this.statements
    this.statements = []
    write()
    const inner = this.statements
    this.statements = outer
    return inner
  }

  if(condition: Value, then: () => void, otherwise?: () => void): void {
    const yes = this.nested(then)
    const no = otherwise ? this.nested(otherwise) : undefined
    this.statements.push(() => {
      condition()
      if (no)
        if_(
          {},
          () => run(yes),
          () => run(no),
        )
      else if_({}, () => run(yes))
    })
  }

  /** do { body } while (condition) */
  doWhile(body: () => void, condition: Value): void {
    const inner = this.nested(body)
    this.statements.push(() => {
      loopOp({}, (label) => {
        run(inner)
        condition()
        br_if(label)
      })
    })
  }

  /** while (condition) { body } */
  while(condition: Value, body: () => void): void {
    const inner = this.nested(body)
    this.statements.push(() => {
      block({}, (out) => {
        condition()
        I32.eqz()
        br_if(out)
        loopOp({}, (again) => {
          run(inner)
          condition()
          br_if(again)
        })
      })
    })
  }

  /** for (i = from; i < to; i += step), unsigned; `i` may be changed by the body. */
  for(i: Local, from: Value, to: Value, step: Value, body: () => void): void {
    this.set(i, from)
    this.while(i32.ltU(i, to), () => {
      body()
      this.set(i, i32.add(i, step))
    })
  }

  fillMemory(address: Value, byte: Value, bytes: Value): void {
    this.statements.push(() => {
      address()
      byte()
      bytes()
      ;(memoryOps.fill as () => unknown)()
    })
  }

  /** The function, with the given number of i32 parameters, which `body` received as locals. */
  finish(parameters: Local[]): unknown {
    const own = this.locals.filter((l) => !parameters.includes(l))
    return func(
      {
        in: parameters.map(() => I32) as never,
        locals: own.map((l) => ({ i32: I32, f32: F32, f64: F64, v128: V128 })[l.type]) as never,
        out: [],
      },
      (args: unknown, locals: unknown) => {
        parameters.forEach((p, i) => {
          p.slot.local = (args as unknown[])[i]
        })
        own.forEach((l, i) => {
          l.slot.local = (locals as unknown[])[i]
        })
        run(this.prologue)
        run(this.statements)
      },
    )
  }
}

function run(statements: readonly Value[]): void {
  for (const statement of statements) statement()
}

export interface MemoryLimits {
  readonly minimum: number
  readonly maximum: number
  readonly shared: boolean
}

/** Name under which every kernel imports the backend's memory. */
export const memoryImport = { module: 'spikelet', name: 'memory' }

/**
 * A module of one exported function `run(arguments: i32, thread: i32)`.
 * @param limits pages of the memory it imports
 * @param relaxed whether `multiplyAdd` fuses
 */
export function assemble(
  limits: MemoryLimits,
  write: (writer: Writer, args: Local, thread: Local) => void,
  relaxed = false,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer(relaxed)
  const args = writer.i32()
  const thread = writer.i32()
  write(writer, args, thread)
  const memory = importMemory(
    { min: limits.minimum, max: limits.maximum, shared: limits.shared },
    {} as WebAssembly.Memory,
  )
  const module = Module({ exports: { run: writer.finish([args, thread]) as never }, memory })
  const [entry] = module.module.imports
  Object.assign(entry as object, memoryImport)
  return new Uint8Array(module.toBytes())
}
