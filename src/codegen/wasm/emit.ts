import { isLocal, type Local, type Value } from '../kernel/value.ts'
import type { Block, KernelFunction, Statement, Target } from '../kernel/writer.ts'
import { type FunctionCode, kernelModule, type MemoryLimits, signed, unsigned } from './module.ts'
import { type Access, control, lane, memory, plain, storeLane } from './opcodes.ts'

const four = (value: unknown): number[] => Array<number>(4).fill(value as number)
const bytesOf = (lanes: Float32Array | Float64Array | Int32Array): number[] => [...new Uint8Array(lanes.buffer)]

/** The sixteen bytes of vector constants. */
const constantBytes: { readonly [op: string]: (literal: Value['literal']) => readonly number[] } = {
  'f32x4.const': (literal) => bytesOf(Float32Array.from(four(literal))),
  'f64x2.const': (literal) => bytesOf(Float64Array.from([literal as number, literal as number])),
  'i32x4.const': (literal) => bytesOf(Int32Array.from(four(literal))),
  'i32x4.constLanes': (literal) => bytesOf(Int32Array.from(literal as readonly number[])),
  'i8x16.const': (literal) => Array<number>(16).fill((literal as number) & 255),
}

type Rule = (emitter: Emitter, value: Value) => void

const storeFirstLane: Rule = (e, { args, offset }) => {
  e.push(...args)
  e.access(storeLane, offset)
  e.emit([0])
}

/** Operations that are not one instruction with its operands before it. */
const special: { readonly [op: string]: Rule } = {
  'i32.const': (e, { literal }) => e.integer(literal as number),
  'v128.store32': storeFirstLane,
  'wide.storeOne': storeFirstLane,
  'wide.fold': (e, { args }) => e.push(...args),
  'wide.loadBytes': (e, { args, offset }) => {
    e.push(...args)
    e.access(memory['v128.load32Zero'], offset)
    e.emit(plain['i16x8.extendLowU8'])
    e.emit(plain['i32x4.extendLowU16'])
  },
  'wide.loadDoubles': (e, { args, offset }) => {
    e.push(...args)
    e.access(memory['v128.load64Zero'], offset)
    e.emit(plain['f64x2.promoteLow'])
  },
  'wide.storeBytes': (e, { args: [address, value], offset }) => {
    e.push(address, value, value)
    e.emit(plain['i16x8.narrowU'])
    e.push(value)
    e.emit(plain['i8x16.narrowU'])
    e.access(storeLane, offset)
    e.emit([0])
  },
  'wide.storeSome': (e, { args: [address, value, count], offset = 0 }) => {
    for (let i = 0; i < 3; i++) {
      e.push(count)
      e.integer(i)
      e.emit(plain['i32.gtU'])
      e.emit(control.if)
      e.push(address, value)
      e.access(storeLane, offset + 4 * i)
      e.emit([i])
      e.emit(control.end)
    }
  },
}

/** Writes the instructions of one function. A kernel's locals are numbered as WebAssembly's are: parameters first. */
class Emitter {
  readonly code: number[] = []

  emit(bytes: readonly number[]): void {
    for (const byte of bytes) this.code.push(byte)
  }

  integer(value: number): void {
    this.emit(control.i32Const)
    this.emit(signed(value))
  }

  access({ code, alignment }: Access, offset = 0): void {
    this.emit(code)
    this.emit([alignment, ...unsigned(offset)])
  }

  push(...values: readonly Value[]): void {
    for (const value of values) this.value(value)
  }

  private value(value: Value): void {
    const { op, args, offset, literal } = value
    if (isLocal(value)) this.local(control.localGet, value)
    else if (special[op]) special[op](this, value)
    else if (constantBytes[op]) {
      this.emit(control.vectorConst)
      this.emit(constantBytes[op](literal))
    } else {
      this.push(...args)
      if (plain[op]) this.emit(plain[op])
      else if (memory[op]) this.access(memory[op], offset)
      else if (lane[op]) {
        this.emit(lane[op])
        this.emit(typeof literal === 'number' ? [literal] : (literal ?? []))
      } else throw new Error(`no WebAssembly for ${op}`)
    }
  }

  private local(code: readonly number[], { index }: Local): void {
    this.emit(code)
    this.emit(unsigned(index))
  }

  block(statements: Block): void {
    for (const statement of statements) this.statement(statement)
  }

  private statement(s: Statement): void {
    if (s.kind === 'do') this.value(s.value)
    else if (s.kind === 'set') {
      this.value(s.value)
      this.local(control.localSet, s.local)
    } else if (s.kind === 'if') {
      this.value(s.condition)
      this.emit(control.if)
      this.block(s.body)
      if (s.otherwise) {
        this.emit(control.else)
        this.block(s.otherwise)
      }
      this.emit(control.end)
    } else if (s.kind === 'loop') this.loop(s)
    else {
      this.push(s.address, s.byte, s.bytes)
      this.emit(control.memoryFill)
    }
  }

  private loop({ body, condition, guarded }: Extract<Statement, { kind: 'loop' }>): void {
    if (guarded) {
      this.emit(control.block)
      this.value(condition)
      this.emit(plain['i32.eqz'])
      this.branchIf(0)
    }
    this.emit(control.loop)
    this.block(body)
    this.value(condition)
    this.branchIf(0)
    this.emit(control.end)
    if (guarded) this.emit(control.end)
  }

  /** Leaves a block, or begins a loop again: the innermost is 0. */
  private branchIf(depth: number): void {
    this.emit(control.branchIf)
    this.emit(unsigned(depth))
  }
}

/** Kernels as modules of one exported function `run`, which import the memory. @param limits pages of that memory */
export function wasmTarget(limits: MemoryLimits): Target {
  return {
    lanes: 4,
    constantsInLocals: true,
    prefetches: false,
    emit(kernel: KernelFunction) {
      const { locals, code } = functionCode(kernel)
      return kernelModule(limits, locals, code)
    },
  }
}

/** A kernel as the body of a function of two whole numbers, for modules of several. */
export function functionCode(kernel: KernelFunction): FunctionCode {
  const emitter = new Emitter()
  emitter.block(kernel.body)
  const locals = kernel.locals.slice(2).map((l) => l.type as Exclude<Local['type'], 'none'>)
  return { locals, code: emitter.code }
}
