import { isLocal, type Local, type Value } from '../kernel/value.ts'
import type { Block, KernelFunction, Statement, Target } from '../kernel/writer.ts'
import { type Allocation, allocate } from './allocate.ts'
import {
  Assembler,
  conditions,
  type EvexOptions,
  type Label,
  length128,
  length256,
  length512,
  type Memory,
  type Opcode,
  type Operand,
  registers,
  type VectorLength,
  vectorBytes,
} from './assembler.ts'
import { binaryRules, comparisons, loads, opcodes, shuffles, unaryOpcodes } from './instructions.ts'

/**
 * Kernels as machine code of x86-64 with AVX-512, for the System V calling convention:
 * `void run(void* memory, uint32 arguments, uint32 thread)`. Addresses of kernels are offsets from `memory`, which stays
 * in r15. Nothing is checked at run time: a kernel must not leave its memory.
 */
const { rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r15 } = registers

/** Registers of locals; the others hold what an expression has not used yet. */
const generalRegisters = [rbx, rbp, 8, 9, 10, 11, 12, 13]
const generalTemporaries = [rcx, rsi, rdi, 14]
const vectorRegisters = Array.from({ length: 24 }, (_, i) => i)
const vectorTemporaries = [24, 25, 26, 27, 28, 29, 30, 31]
const calleeSaved = [rbx, rbp, 12, 13, 14, r15]

const lengthOf = (value: Value): VectorLength => (value.type === 'v128' ? length128 : length512)

const floatBits = new Float32Array(1)
const floatWords = new Int32Array(floatBits.buffer)
function bitsOf(constant: Value): number {
  if (constant.op !== 'f32x4.const') return constant.literal as number
  floatBits[0] = constant.literal as number
  return floatWords[0]
}

const isConstant = (value: Value): boolean => value.op === 'i32.const'
const isVectorConstant = (value: Value): boolean => value.op === 'f32x4.const' || value.op === 'i32x4.const'

/** x86 condition of a comparison. */
const comparisonOf: { readonly [op: string]: number } = {
  'i32.eq': conditions.equal,
  'i32.ne': conditions.notEqual,
  'i32.ltU': conditions.below,
  'i32.geU': conditions.aboveOrEqual,
  'i32.gtU': conditions.above,
  'i32.ltS': conditions.less,
}
/** The condition that holds when the given one does not. */
const opposite = (condition: number): number => condition ^ 1

/** op r, r/m; op r/m, r; and the extension of op r/m, imm32. */
const arithmetic: {
  readonly [op: string]: { readonly load: number; readonly store: number; readonly extension: number }
} = {
  'i32.add': { load: 0x03, store: 0x01, extension: 0 },
  'i32.or': { load: 0x0b, store: 0x09, extension: 1 },
  'i32.and': { load: 0x23, store: 0x21, extension: 4 },
  'i32.sub': { load: 0x2b, store: 0x29, extension: 5 },
}
const compareOpcode = { load: 0x3b, extension: 7 }
const commutes = new Set(['i32.add', 'i32.mul', 'i32.and', 'i32.or'])
const shiftExtension: { readonly [op: string]: number } = { 'i32.shl': 4, 'i32.shrU': 5 }
const vectorShiftExtension: { readonly [op: string]: number } = { 'i32x4.shl': 6, 'i32x4.shrU': 2 }

class Compiler {
  private readonly code = new Assembler()
  private readonly allocation: Allocation
  private readonly kernel: KernelFunction
  /** How many temporaries of each class are in use: they are taken and given back in order. */
  private general = 0
  private vector = 0

  constructor(kernel: KernelFunction) {
    this.kernel = kernel
    this.allocation = allocate(
      kernel,
      (l) => (l.type === 'i32' ? generalRegisters : vectorRegisters),
      (l) => (l.type === 'i32' ? 4 : vectorBytes(lengthOf(l))),
    )
  }

  run(): Uint8Array<ArrayBuffer> {
    const { code } = this
    const frame = Math.ceil((this.allocation.frameBytes + 8) / 64) * 64 + 64
    for (const r of calleeSaved) code.emit(...(r > 7 ? [0x41] : []), 0x50 | (r & 7))
    code.general([0x8b], rax, rsp, { bits64: true })
    code.general([0x81], 5, rsp, { bits64: true, after: 4 })
    code.emit32(frame)
    code.general([0x83], 4, rsp, { bits64: true, after: 1 })
    code.emit(-64)
    code.general([0x89], rax, this.stack(frame - 64), { bits64: true })
    code.general([0x89], rdi, r15, { bits64: true })
    const [args, thread] = this.kernel.locals
    for (const [local, register] of [
      [args, rsi],
      [thread, rdx],
    ] as const) {
      const place = this.allocation.places.get(local)
      if (place) code.general([0x89], register, this.placeOperand(local))
    }
    for (const local of this.allocation.zeroed) this.zero(local)
    this.block(this.kernel.body)
    code.general([0x8b], rsp, this.stack(frame - 64), { bits64: true })
    for (const r of [...calleeSaved].reverse()) code.emit(...(r > 7 ? [0x41] : []), 0x58 | (r & 7))
    // vzeroupper, ret: what follows may be SSE code.
    code.emit(0xc5, 0xf8, 0x77, 0xc3)
    return code.finish()
  }

  private stack(displacement: number): Memory {
    return { kind: 'based', base: rsp, index: null, displacement }
  }

  private placeOperand(local: Local): Operand {
    const place = this.allocation.places.get(local)!
    return 'register' in place ? place.register : this.stack(place.stack)
  }

  private registerOf(local: Local): number | undefined {
    const place = this.allocation.places.get(local)
    return place && 'register' in place ? place.register : undefined
  }

  private zero(local: Local): void {
    const place = this.placeOperand(local)
    if (local.type === 'i32') {
      this.code.general([0xc7], 0, place, { after: 4 })
      this.code.emit32(0)
    } else {
      const register = typeof place === 'number' ? place : vectorTemporaries[0]
      this.code.evex(opcodes.xor, lengthOf(local), register, register, register)
      if (typeof place !== 'number') this.code.evex(opcodes.store, lengthOf(local), register, 0, place)
    }
  }

  private takeGeneral(): number {
    const register = generalTemporaries[this.general++]
    if (register === undefined) throw new Error('an address expression is too deep: give a part of it a local')
    return register
  }

  private takeVector(): number {
    const register = vectorTemporaries[this.vector++]
    if (register === undefined) throw new Error('a vector expression is too deep: give a part of it a local')
    return register
  }

  /** Gives back the temporaries taken by `work`. */
  private scoped<Result>(work: () => Result): Result {
    const { general, vector } = this
    const result = work()
    this.general = general
    this.vector = vector
    return result
  }

  /** Whether the value reads an integer local that lives in this register. */
  private reads(value: Value, register: number): boolean {
    if (isLocal(value)) return value.type === 'i32' && this.registerOf(value) === register
    return value.args.some((a) => this.reads(a, register))
  }

  // Integers.

  /** [address + offset]; may hold a temporary, or `scratch` if it is given. */
  private memory(address: Value, offset: number, scratch?: number): Memory {
    let displacement = offset
    let index = address
    while (index.op === 'i32.add' && isConstant(index.args[1])) {
      displacement += index.args[1].literal as number
      index = index.args[0]
    }
    if (isConstant(index)) {
      return { kind: 'based', base: r15, index: null, displacement: displacement + (index.literal as number) }
    }
    const place = isLocal(index) ? this.registerOf(index) : undefined
    return { kind: 'based', base: r15, index: place ?? this.integer(index, scratch), displacement }
  }

  /** A value as the second operand of an instruction: register or memory, not a constant. */
  private integerOperand(value: Value): Operand {
    if (isLocal(value)) return this.placeOperand(value)
    if (value.op === 'i32.load') return this.memory(value.args[0], value.offset ?? 0)
    return this.integer(value)
  }

  private move(to: number, from: Operand): void {
    if (to !== from) this.code.general([0x8b], to, from)
  }

  /** Evaluates into `target`, or into whatever register is at hand. */
  private integer(value: Value, target?: number): number {
    const { code } = this
    if (isLocal(value)) {
      const place = this.placeOperand(value)
      if (typeof place === 'number' && target === undefined) return place
      const to = target ?? this.takeGeneral()
      this.move(to, place)
      return to
    }
    const to = target ?? this.takeGeneral()
    this.scoped(() => {
      const { op, args, offset = 0 } = value
      const [a, b] = args
      if (op === 'i32.const') {
        code.general([0xc7], 0, to, { after: 4 })
        code.emit32(value.literal as number)
      } else if (op === 'i32.load') code.general([0x8b], to, this.memory(a, offset, to))
      else if (op === 'i32.load8U') code.general([0x0f, 0xb6], to, this.memory(a, offset, to))
      else if (op === 'i32.popcnt') code.general([0x0f, 0xb8], to, this.integerOperand(a), { prefix: 0xf3 })
      else if (op === 'i32.div' || op === 'i32.rem') this.divide(op, to, a, b)
      else if (shiftExtension[op] !== undefined) this.shiftInteger(op, to, a, b)
      else if (arithmetic[op] || op === 'i32.mul') this.arithmetic(op, to, a, b)
      else if (op === 'i32.eqz' || comparisonOf[op] !== undefined) this.truth(value, to)
      else if (op === 'i32.atomicAdd') {
        const place = this.memory(a, offset)
        this.integer(b, to)
        code.emit(0xf0)
        code.general([0x0f, 0xc1], to, place)
      } else if (op === 'i32x4.lane' && value.literal === 0) {
        code.evex(opcodes.toGeneral, length128, this.vectorValue(a), 0, to, { memoryBytes: 4 })
      } else if (op === 'wide.testBytes') this.testBytes(value, to)
      else if (op === 'wide.testLanes') {
        const bit: Memory = { kind: 'constant', bits: 1 << (value.literal as number) }
        code.evex(opcodes.testLanes, length512, 1, this.vectorValue(a), bit, { memoryBytes: 4 })
        code.opmask(0, 0x93, to, 1)
      } else throw new Error(`no x64 code for ${op}`)
    })
    return to
  }

  private arithmetic(op: string, to: number, first: Value, second: Value): void {
    let [a, b] = [first, second]
    const simple = (v: Value) => isLocal(v) || isConstant(v)
    // The left side is built up in place, so the longer one should be there.
    if (commutes.has(op) && (isConstant(a) || (isLocal(a) && !simple(b)))) [a, b] = [b, a]
    const left = isLocal(a) ? this.registerOf(a) : undefined
    if (op === 'i32.add' && left !== undefined && left !== to && this.loadAddress(to, left, b)) return
    const clash = this.reads(b, to)
    if (clash && isLocal(b) && commutes.has(op)) {
      this.apply(op, to, a)
      return
    }
    const at = clash ? this.takeGeneral() : to
    this.integer(a, at)
    this.apply(op, at, b)
    this.move(to, at)
  }

  /** to = register + b by address arithmetic; false where b is neither constant nor in a register. */
  private loadAddress(to: number, register: number, b: Value): boolean {
    if (isConstant(b)) {
      this.code.general([0x8d], to, { kind: 'based', base: register, index: null, displacement: b.literal as number })
      return true
    }
    const index = isLocal(b) ? this.registerOf(b) : undefined
    if (index === undefined) return false
    this.code.general([0x8d], to, { kind: 'based', base: register, index, displacement: 0 })
    return true
  }

  /** to = to op b */
  private apply(op: string, to: Operand, b: Value): void {
    const { code } = this
    if (op === 'i32.mul') {
      if (typeof to !== 'number') throw new Error('a product goes to a register')
      if (isConstant(b)) {
        code.general([0x69], to, to, { after: 4 })
        code.emit32(b.literal as number)
      } else code.general([0x0f, 0xaf], to, this.integerOperand(b))
      return
    }
    const { load, store, extension } = arithmetic[op]
    if (isConstant(b)) {
      code.general([0x81], extension, to, { after: 4 })
      code.emit32(b.literal as number)
    } else if (typeof to === 'number') code.general([load], to, this.integerOperand(b))
    else code.general([store], this.integer(b), to)
  }

  private shiftInteger(op: string, to: number, a: Value, b: Value): void {
    if (!isConstant(b)) throw new Error('shifts go by constants')
    this.integer(a, to)
    this.code.general([0xc1], shiftExtension[op], to, { after: 1 })
    this.code.emit(b.literal as number)
  }

  private divide(op: string, to: number, a: Value, b: Value): void {
    const { code } = this
    const divisor = isConstant(b) ? this.integer(b) : this.integerOperand(b)
    this.integer(a, rax)
    code.general([0x31], rdx, rdx)
    code.general([0xf7], 6, divisor)
    this.move(to, op === 'i32.div' ? rax : rdx)
  }

  /** Sets the flags; gives the condition under which the value is not 0. */
  private compare(value: Value): number {
    const { code } = this
    const [a, b] = value.args
    if (value.op === 'i32.eqz') return opposite(this.compare(a))
    const condition = comparisonOf[value.op]
    if (condition === undefined) {
      const register = this.integer(value)
      code.general([0x85], register, register)
      return conditions.notEqual
    }
    const left = isConstant(b) ? this.integerOperand(a) : this.integer(a)
    if (isConstant(b)) {
      code.general([0x81], compareOpcode.extension, left, { after: 4 })
      code.emit32(b.literal as number)
    } else code.general([compareOpcode.load], left as number, this.integerOperand(b))
    return condition
  }

  private truth(value: Value, to: number): void {
    const condition = this.compare(value)
    this.code.emit(0x0f, 0x90 | condition, 0xc0)
    this.code.general([0x0f, 0xb6], to, rax)
  }

  /** Bit i of the result: whether byte i of as many bytes as there are lanes has the bit that `literal` names. */
  private testBytes(value: Value, to: number): void {
    const bytes = this.takeVector()
    this.code.evex(loads['v128.load'].opcode, length128, bytes, 0, this.memory(value.args[0], value.offset ?? 0))
    this.code.evex(opcodes.shiftWords, length128, 6, bytes, bytes, { immediate: 7 - (value.literal as number) })
    this.code.evex(opcodes.bytesToMask, length128, 1, 0, bytes)
    this.code.opmask(0, 0x93, to, 1)
  }

  // Vectors.

  private evex(
    opcode: Opcode,
    length: VectorLength,
    to: number,
    second: number,
    operand: Operand,
    o: EvexOptions = {},
  ) {
    const constant = typeof operand !== 'number' && operand.kind === 'constant'
    this.code.evex(opcode, length, to, second, operand, constant ? { ...o, memoryBytes: 4 } : o)
  }

  /** A value as the last operand of a vector instruction, whose constants are spread from memory. */
  private vectorOperand(value: Value): Operand {
    if (isLocal(value)) return this.placeOperand(value)
    if (isVectorConstant(value)) return { kind: 'constant', bits: bitsOf(value) }
    if (value.op === 'wide.load' || value.op === 'v128.load') return this.memory(value.args[0], value.offset ?? 0)
    return this.vectorValue(value)
  }

  private vectorMove(length: VectorLength, to: number, from: Operand): void {
    if (to === from) return
    if (typeof from === 'number') this.code.evex(opcodes.move, length, to, 0, from)
    else if (from.kind === 'constant') this.broadcast(length, to, from.bits)
    else this.code.evex(loads['wide.load'].opcode, length, to, 0, from)
  }

  private broadcast(length: VectorLength, to: number, bits: number): void {
    if (bits === 0) this.code.evex(opcodes.xor, length, to, to, to)
    else {
      // Not an embedded broadcast: the instruction itself spreads its operand.
      this.code.evex(opcodes.broadcast, length, to, 0, { kind: 'constant', bits }, { memoryBytes: 4, spreads: true })
    }
  }

  /** Evaluates into `target`, or into whatever register is at hand. `length`: of a constant, which has none itself. */
  private vectorValue(value: Value, target?: number, length = lengthOf(value)): number {
    if (isLocal(value)) {
      const place = this.placeOperand(value)
      if (typeof place === 'number' && target === undefined) return place
      const to = target ?? this.takeVector()
      this.vectorMove(length, to, place)
      return to
    }
    const to = target ?? this.takeVector()
    this.scoped(() => this.vectorInto(value, to, length))
    return to
  }

  private vectorInto(value: Value, to: number, length: VectorLength): void {
    const { code } = this
    const { op, args, offset = 0 } = value
    const [a, b, c] = args
    if (isVectorConstant(value)) this.broadcast(length, to, bitsOf(value))
    else if (op === 'v128.and' && comparisons[a.op]) this.masked(to, length, a, b)
    else if (op === 'v128.and' && comparisons[b.op]) this.masked(to, length, b, a)
    else if (op === 'v128.select' && comparisons[c.op]) this.blend(to, length, a, b, c)
    else if (op === 'v128.select') this.select(to, length, a, b, c)
    else if (binaryRules[op]) this.binary(op, to, length, a, b)
    else if (comparisons[op]) {
      this.compareVectors(value, length)
      code.evex(opcodes.maskToVector, length, to, 0, 1)
    } else if (loads[op]) {
      const { opcode, part } = loads[op]
      code.evex(opcode, length, to, 0, this.memory(a, offset), part ? { memoryBytes: part } : {})
    } else if (unaryOpcodes[op]) this.evex(unaryOpcodes[op], length, to, 0, this.vectorOperand(a))
    else if (op === 'f32x4.relaxedMadd') this.multiplyAdd(to, length, a, b, c)
    else if (op === 'f32x4.abs') this.withConstant('v128.and', to, length, a, 0x7fffffff)
    else if (op === 'f32x4.neg') this.withConstant('v128.xor', to, length, a, -0x80000000)
    else if (vectorShiftExtension[op] !== undefined) {
      code.evex(opcodes.shiftLanes, length, vectorShiftExtension[op], to, this.vectorValue(a), {
        immediate: b.literal as number,
      })
    } else if (op === 'f32x4.splat') this.splat(to, length, a)
    else if (op === 'i32x4.splat') code.evex(opcodes.broadcastGeneral, length, to, 0, this.integer(a))
    else if (op === 'wide.loadBytes') {
      code.evex(opcodes.widenBytes, length, to, 0, this.memory(a, offset), { memoryBytes: vectorBytes(length) / 4 })
    } else if (op === 'wide.fold') this.fold(to, a)
    else if (op === 'wide.compress' || op === 'wide.expand') this.repack(op, to, a, b)
    else if (op === 'i8x16.shuffle') this.shuffle(value, to, a, b)
    else throw new Error(`no x64 code for ${op}`)
  }

  private binary(op: string, to: number, length: VectorLength, first: Value, second: Value): void {
    const { opcode, order } = binaryRules[op]
    let [a, b] = order === 'swapped' ? [second, first] : [first, second]
    // The last operand may come from memory.
    const inMemory = (v: Value) => !isLocal(v) && typeof this.peek(v) !== 'number'
    if (order === 'either' && inMemory(a) && !inMemory(b)) [a, b] = [b, a]
    const left = this.vectorValue(a, this.scratch(a, to), length)
    this.evex(opcode, length, to, left, this.vectorOperand(b))
  }

  /** Where a first operand may be made: in the result's place if no local lives there, else wherever there is room. */
  private scratch(operand: Value, to: number): number | undefined {
    const inPlace = isLocal(operand) && this.registerOf(operand) !== undefined
    return !inPlace && vectorTemporaries.includes(to) ? to : undefined
  }

  /** Whether a value would be read from memory, without writing code. */
  private peek(value: Value): number | 'memory' {
    return isVectorConstant(value) || value.op === 'wide.load' || value.op === 'v128.load' ? 'memory' : 0
  }

  private withConstant(op: string, to: number, length: VectorLength, a: Value, bits: number): void {
    this.evex(binaryRules[op].opcode, length, to, this.vectorValue(a), { kind: 'constant', bits })
  }

  /** to = a * b + c */
  private multiplyAdd(to: number, length: VectorLength, a: Value, b: Value, c: Value): void {
    const [x, y] = this.peek(a) === 'memory' ? [b, a] : [a, b]
    if (isLocal(c) && this.registerOf(c) === to) {
      const left = this.vectorValue(x, undefined, length)
      this.evex(opcodes.multiplyAdd231, length, to, left, this.vectorOperand(y))
      return
    }
    // Either the sum or a factor is what the result is built in.
    if (this.peek(y) === 'memory' && this.peek(c) !== 'memory') {
      const left = this.vectorValue(x, undefined, length)
      const operand = this.vectorOperand(y)
      const at = left === to ? this.takeVector() : to
      this.vectorValue(c, at, length)
      this.evex(opcodes.multiplyAdd231, length, at, left, operand)
      this.vectorMove(length, to, at)
      return
    }
    const other = this.vectorValue(y, undefined, length)
    const third = this.vectorOperand(c)
    const at = other === to || third === to ? this.takeVector() : to
    this.vectorValue(x, at, length)
    this.evex(opcodes.multiplyAdd213, length, at, other, third)
    this.vectorMove(length, to, at)
  }

  /** Puts a comparison's result into the first opmask register. */
  private compareVectors(value: Value, length: VectorLength): void {
    const { opcode, predicate } = comparisons[value.op]
    const left = this.vectorValue(value.args[0], undefined, length)
    const options = predicate === undefined ? {} : { immediate: predicate }
    this.evex(opcode, length, 1, left, this.vectorOperand(value.args[1]), options)
  }

  private masked(to: number, length: VectorLength, comparison: Value, value: Value): void {
    if (isVectorConstant(value)) {
      this.compareVectors(comparison, length)
      const options = { mask: 1, zero: true, memoryBytes: 4, spreads: true }
      this.code.evex(opcodes.broadcast, length, to, 0, { kind: 'constant', bits: bitsOf(value) }, options)
      return
    }
    // First, since it may compare too.
    const from = this.vectorValue(value)
    this.compareVectors(comparison, length)
    this.evex(opcodes.move, length, to, 0, from, { mask: 1, zero: true })
  }

  private blend(to: number, length: VectorLength, a: Value, b: Value, comparison: Value): void {
    const yes = this.vectorOperand(a)
    const no = this.vectorValue(b, undefined, length)
    this.compareVectors(comparison, length)
    this.evex(opcodes.blend, length, to, no, yes, { mask: 1 })
  }

  private select(to: number, length: VectorLength, a: Value, b: Value, mask: Value): void {
    const at = this.takeVector()
    this.vectorValue(mask, at, length)
    const yes = this.vectorValue(a, undefined, length)
    this.evex(opcodes.ternary, length, at, yes, this.vectorOperand(b), { immediate: 0xca })
    this.vectorMove(length, to, at)
  }

  private splat(to: number, length: VectorLength, a: Value): void {
    if (a.op === 'f32.load') {
      this.code.evex(opcodes.broadcast, length, to, 0, this.memory(a.args[0], a.offset ?? 0), { memoryBytes: 4 })
    } else if (a.op === 'f32x4.lane' && a.literal === 0) {
      this.code.evex(opcodes.broadcast, length, to, 0, this.vectorValue(a.args[0]))
    } else throw new Error(`no x64 code for f32x4.splat of ${a.op}`)
  }

  private fold(to: number, a: Value): void {
    const whole = this.vectorValue(a)
    const [half, quarter] = [this.takeVector(), this.takeVector()]
    const add = binaryRules['f32x4.add'].opcode
    this.code.evex(opcodes.extractHalf, length512, whole, 0, half, { immediate: 1 })
    this.code.evex(add, length256, half, half, whole)
    this.code.evex(opcodes.extractQuarter, length256, half, 0, quarter, { immediate: 1 })
    this.code.evex(add, length128, to, half, quarter)
  }

  private repack(op: string, to: number, a: Value, mask: Value): void {
    this.code.opmask(0, 0x92, 1, this.integer(mask))
    if (op === 'wide.compress') {
      this.code.evex(opcodes.compress, length512, this.vectorValue(a), 0, to, { mask: 1, zero: true })
    } else
      this.code.evex(opcodes.expand, length512, to, 0, this.vectorOperand(a), { mask: 1, zero: true, memoryBytes: 4 })
  }

  private shuffle(value: Value, to: number, a: Value, b: Value): void {
    const opcode = shuffles[(value.literal as readonly number[]).join(',')]
    if (!opcode) throw new Error('no x64 code for this shuffle')
    const left = this.vectorValue(a)
    this.code.evex(opcode, length128, to, left, this.vectorOperand(b))
  }

  // Statements.

  private block(statements: Block): void {
    for (const s of statements) this.scoped(() => this.statement(s))
  }

  private statement(s: Statement): void {
    const { code } = this
    if (s.kind === 'do') this.effect(s.value)
    else if (s.kind === 'set') this.set(s.local, s.value)
    else if (s.kind === 'fill') this.fill(s)
    else if (s.kind === 'if') {
      const [otherwise, end]: Label[] = [{ position: null }, { position: null }]
      this.unless(s.condition, otherwise)
      this.block(s.body)
      if (s.otherwise) code.jump(end)
      code.bind(otherwise)
      if (s.otherwise) this.block(s.otherwise)
      code.bind(end)
    } else {
      const [again, end]: Label[] = [{ position: null }, { position: null }]
      if (s.guarded) this.unless(s.condition, end)
      code.align(32)
      code.bind(again)
      this.block(s.body)
      code.jumpIf(
        this.scoped(() => this.compare(s.condition)),
        again,
      )
      code.bind(end)
    }
  }

  private unless(condition: Value, label: Label): void {
    this.code.jumpIf(opposite(this.scoped(() => this.compare(condition))), label)
  }

  private set(local: Local, value: Value): void {
    if (!this.allocation.places.has(local)) return
    const place = this.placeOperand(local)
    if (local.type === 'i32') {
      if (typeof place === 'number') this.integer(value, place)
      else if (arithmetic[value.op] && value.args[0] === local) this.apply(value.op, place, value.args[1])
      else this.code.general([0x89], this.integer(value), place)
      return
    }
    const length = lengthOf(local)
    if (typeof place === 'number') this.vectorValue(value, place, length)
    else this.code.evex(opcodes.store, length, this.vectorValue(value, undefined, length), 0, place)
  }

  private effect(value: Value): void {
    const { code } = this
    const { op, args, offset = 0 } = value
    const [address, what, count] = args
    if (op === 'i32.store' && isConstant(what)) {
      code.general([0xc7], 0, this.memory(address, offset), { after: 4 })
      code.emit32(what.literal as number)
    } else if (op === 'i32.store') {
      const from = this.integer(what)
      code.general([0x89], from, this.memory(address, offset))
    } else if (op === 'i32.store8') {
      const from = this.integer(what)
      code.general([0x88], from, this.memory(address, offset), { byte: true })
    } else if (op === 'v128.store' || op === 'wide.store') {
      const from = this.vectorValue(what)
      code.evex(opcodes.store, op === 'v128.store' ? length128 : length512, from, 0, this.memory(address, offset))
    } else if (op === 'v128.store32' || op === 'wide.storeOne') {
      const from = this.vectorValue(what)
      code.evex(opcodes.storeOne, length128, from, 0, this.memory(address, offset), { memoryBytes: 4 })
    } else if (op === 'wide.storeBytes') {
      const from = this.vectorValue(what)
      code.evex(opcodes.narrowToBytes, length512, from, 0, this.memory(address, offset), { memoryBytes: 16 })
    } else if (op === 'wide.storeSome') this.storeSome(address, what, count, offset)
    else throw new Error(`no x64 code for ${op}`)
  }

  private storeSome(address: Value, what: Value, count: Value, offset: number): void {
    const from = this.vectorValue(what)
    const place = this.memory(address, offset)
    // All ones, cut off after `count` bits.
    this.integer({ op: 'i32.const', type: 'i32', args: [], literal: -1 }, rax)
    const bits = this.integer(count)
    // bzhi eax, eax, bits
    this.code.emit(0xc4, 0xe2, (~bits & 15) << 3, 0xf5, 0xc0)
    this.code.opmask(0, 0x92, 1, rax)
    this.code.evex(opcodes.store, length512, from, 0, place, { mask: 1 })
  }

  private fill({ address, byte, bytes }: Extract<Statement, { kind: 'fill' }>): void {
    if (byte.literal !== 0) throw new Error('memory is filled with zeros')
    const { code } = this
    const at = this.takeGeneral()
    const count = this.takeGeneral()
    this.integer(bytes, count)
    this.integer(address, at)
    code.general([0x8d], rdi, { kind: 'based', base: r15, index: at, displacement: 0 }, { bits64: true })
    this.move(rcx, count)
    code.general([0x31], rax, rax)
    code.emit(0xf3, 0xaa) // rep stosb
  }
}

/** Machine code for hosts with AVX-512 (F, VL, DQ, BW) and BMI2. */
export const x64Target: Target = {
  lanes: 16,
  constantsInLocals: false,
  emit: (kernel) => new Compiler(kernel).run(),
}
