import { isLocal, type Value } from '../kernel/value.ts'
import {
  length128,
  type Opcode,
  type Operand,
  type VectorLength,
  type VectorOptions,
  vectorBytes,
} from './assembler.ts'
import { binaryRules, comparisons, loads, opcodes, roundings, shuffles, unaryOpcodes } from './instructions.ts'
import { Integers } from './integers.ts'

const floatBits = new Float32Array(1)
const floatWords = new Int32Array(floatBits.buffer)
export function bitsOf(constant: Value): number {
  if (constant.op !== 'f32x4.const') return constant.literal as number
  floatBits[0] = constant.literal as number
  return floatWords[0]
}

export const isVectorConstant = (value: Value): boolean => value.op === 'f32x4.const' || value.op === 'i32x4.const'
const vectorShiftExtension: { readonly [op: string]: number } = { 'i32x4.shl': 6, 'i32x4.shrU': 2 }

/** Code of vector expressions: what AVX2 and AVX-512 share. They differ in how masks are held, and in what moves lanes. */
export abstract class Vectors extends Integers {
  /** Lanes of all ones or zeros, where the comparison holds or does not. */
  protected abstract comparison(value: Value, to: number, length: VectorLength): void
  /** The value where the comparison holds, else 0. */
  protected abstract masked(to: number, length: VectorLength, comparison: Value, value: Value): void
  /** a where the comparison holds, else b. */
  protected abstract blend(to: number, length: VectorLength, a: Value, b: Value, comparison: Value): void
  /** Bits of a where the mask is set, else of b. */
  protected abstract select(to: number, length: VectorLength, a: Value, b: Value, mask: Value): void
  /** A general register in every lane. */
  protected abstract splatInteger(to: number, length: VectorLength, from: number): void
  /** Sums of the lanes whose numbers are alike modulo 4. */
  protected abstract fold(to: number, a: Value): void
  /** The lanes whose bit of `mask` is set, moved together. */
  protected abstract compress(to: number, a: Value, mask: Value): void
  /** The first lanes, moved to where bits of `mask` are set; 0 elsewhere. */
  protected abstract expand(to: number, a: Value, mask: Value): void

  protected vector(
    opcode: Opcode,
    length: VectorLength,
    to: number,
    second: number,
    operand: Operand,
    o: VectorOptions = {},
  ) {
    const constant = typeof operand !== 'number' && operand.kind === 'constant'
    this.code.vector(opcode, length, to, second, operand, constant ? { ...o, memoryBytes: 4 } : o)
  }

  /** A value as the last operand of a vector instruction, whose constants are spread from memory. */
  protected vectorOperand(value: Value): Operand {
    if (isLocal(value)) return this.placeOperand(value)
    if (isVectorConstant(value)) return { kind: 'constant', bits: bitsOf(value) }
    if (value.op === 'wide.load' || value.op === 'v128.load') return this.memory(value.args[0], value.offset ?? 0)
    return this.vectorValue(value)
  }

  protected vectorMove(length: VectorLength, to: number, from: Operand): void {
    if (to === from) return
    if (typeof from === 'number') this.code.vector(opcodes.move, length, to, 0, from)
    else if (from.kind === 'constant') this.broadcast(length, to, from.bits)
    else this.code.vector(loads['wide.load'].opcode, length, to, 0, from)
  }

  protected broadcast(length: VectorLength, to: number, bits: number): void {
    if (bits === 0) this.code.vector(opcodes.xor, length, to, to, to)
    else {
      // Not an embedded broadcast: the instruction itself spreads its operand.
      this.code.vector(opcodes.broadcast, length, to, 0, { kind: 'constant', bits }, { memoryBytes: 4, spreads: true })
    }
  }

  /** Evaluates into `target`, or into whatever register is at hand. `length`: of a constant, which has none itself. */
  protected vectorValue(value: Value, target?: number, length = this.lengthOf(value)): number {
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

  protected vectorInto(value: Value, to: number, length: VectorLength): void {
    const { code } = this
    const { op, args, offset = 0 } = value
    const [a, b, c] = args
    if (isVectorConstant(value)) this.broadcast(length, to, bitsOf(value))
    else if (op === 'v128.and' && comparisons[a.op]) this.masked(to, length, a, b)
    else if (op === 'v128.and' && comparisons[b.op]) this.masked(to, length, b, a)
    else if (op === 'v128.select' && comparisons[c.op]) this.blend(to, length, a, b, c)
    else if (op === 'v128.select') this.select(to, length, a, b, c)
    else if (binaryRules[op]) this.binary(op, to, length, a, b)
    else if (comparisons[op]) this.comparison(value, to, length)
    else if (loads[op]) {
      const { opcode, part } = loads[op]
      code.vector(opcode, length, to, 0, this.memory(a, offset), part ? { memoryBytes: part } : {})
    } else if (unaryOpcodes[op]) this.vector(unaryOpcodes[op], length, to, 0, this.vectorOperand(a))
    else if (roundings[op] !== undefined) {
      this.vector(opcodes.round, length, to, 0, this.vectorOperand(a), { immediate: roundings[op] })
    } else if (op === 'f32x4.relaxedMadd') this.multiplyAdd(to, length, a, b, c)
    else if (op === 'f32x4.abs') this.withConstant('v128.and', to, length, a, 0x7fffffff)
    else if (op === 'f32x4.neg') this.withConstant('v128.xor', to, length, a, -0x80000000)
    else if (vectorShiftExtension[op] !== undefined) {
      code.vector(opcodes.shiftLanes, length, vectorShiftExtension[op], to, this.vectorValue(a), {
        immediate: b.literal as number,
      })
    } else if (op === 'f32x4.splat') this.splat(to, length, a)
    else if (op === 'i32x4.splat') this.splatInteger(to, length, this.integer(a))
    else if (op === 'wide.loadBytes') {
      code.vector(opcodes.widenBytes, length, to, 0, this.memory(a, offset), { memoryBytes: vectorBytes(length) / 4 })
    } else if (op === 'wide.fold') this.fold(to, a)
    else if (op === 'wide.compress') this.compress(to, a, b)
    else if (op === 'wide.expand') this.expand(to, a, b)
    else if (op === 'i8x16.shuffle') this.shuffle(value, to, a, b)
    else throw new Error(`no x64 code for ${op}`)
  }

  protected binary(op: string, to: number, length: VectorLength, first: Value, second: Value): void {
    const { opcode, order } = binaryRules[op]
    let [a, b] = order === 'swapped' ? [second, first] : [first, second]
    // The last operand may come from memory.
    const inMemory = (v: Value) => !isLocal(v) && typeof this.peek(v) !== 'number'
    if (order === 'either' && inMemory(a) && !inMemory(b)) [a, b] = [b, a]
    const left = this.vectorValue(a, this.scratch(a, to), length)
    this.vector(opcode, length, to, left, this.vectorOperand(b))
  }

  /** Where a first operand may be made: in the result's place if no local lives there, else wherever there is room. */
  protected scratch(operand: Value, to: number): number | undefined {
    const inPlace = isLocal(operand) && this.registerOf(operand) !== undefined
    return !inPlace && this.vectors.temporaries.includes(to) ? to : undefined
  }

  /** Whether a value would be read from memory, without writing code. */
  protected peek(value: Value): number | 'memory' {
    return isVectorConstant(value) || value.op === 'wide.load' || value.op === 'v128.load' ? 'memory' : 0
  }

  protected withConstant(op: string, to: number, length: VectorLength, a: Value, bits: number): void {
    this.vector(binaryRules[op].opcode, length, to, this.vectorValue(a), { kind: 'constant', bits })
  }

  /** to = a * b + c */
  protected multiplyAdd(to: number, length: VectorLength, a: Value, b: Value, c: Value): void {
    const [x, y] = this.peek(a) === 'memory' ? [b, a] : [a, b]
    if (isLocal(c) && this.registerOf(c) === to) {
      const left = this.vectorValue(x, undefined, length)
      this.vector(opcodes.multiplyAdd231, length, to, left, this.vectorOperand(y))
      return
    }
    // Either the sum or a factor is what the result is built in.
    if (this.peek(y) === 'memory' && this.peek(c) !== 'memory') {
      const left = this.vectorValue(x, undefined, length)
      const operand = this.vectorOperand(y)
      const at = left === to ? this.takeVector() : to
      this.vectorValue(c, at, length)
      this.vector(opcodes.multiplyAdd231, length, at, left, operand)
      this.vectorMove(length, to, at)
      return
    }
    const other = this.vectorValue(y, undefined, length)
    const third = this.vectorOperand(c)
    const at = other === to || third === to ? this.takeVector() : to
    this.vectorValue(x, at, length)
    this.vector(opcodes.multiplyAdd213, length, at, other, third)
    this.vectorMove(length, to, at)
  }

  protected splat(to: number, length: VectorLength, a: Value): void {
    if (a.op === 'f32.load') {
      this.code.vector(opcodes.broadcast, length, to, 0, this.memory(a.args[0], a.offset ?? 0), { memoryBytes: 4 })
    } else if (a.op === 'f32x4.lane' && a.literal === 0) {
      this.code.vector(opcodes.broadcast, length, to, 0, this.vectorValue(a.args[0]))
    } else throw new Error(`no x64 code for f32x4.splat of ${a.op}`)
  }

  protected shuffle(value: Value, to: number, a: Value, b: Value): void {
    const opcode = shuffles[(value.literal as readonly number[]).join(',')]
    if (!opcode) throw new Error('no x64 code for this shuffle')
    const left = this.vectorValue(a)
    this.code.vector(opcode, length128, to, left, this.vectorOperand(b))
  }
}
